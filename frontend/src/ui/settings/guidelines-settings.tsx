/** The project's guidelines: written by its admins in Markdown, with a preview, and shown in the workspace. */
import { Button, Group, Textarea } from "@mantine/core";
import { lazy, Suspense, useEffect, useState, type FormEvent } from "react";
import { ApiError, type Project } from "../../api/rest";
import { getGuidelines, setGuidelines, type Guidelines } from "../../api/settings";
import styles from "../data.module.css";
import { moment } from "../dates";
import { Failed, Waiting } from "../loading";
import { Mark, Refusal } from "../marks";
import { useAction } from "../use-action";
import { useLoaded } from "../use-loaded";
import { number } from "../words";
import rows from "./settings.module.css";
import { bytesOf, MAX_GUIDELINES_BYTES } from "./words";

const MarkdownText = lazy(() => import("../markdown"));

export function GuidelinesSettings({ project }: { project: Project }) {
  const loaded = useLoaded(() => getGuidelines(project.id), project.id);
  return (
    <section className={styles.section} aria-label="Guidelines">
      <div className={styles.head}>
        <h2>Guidelines</h2>
      </div>
      {loaded.state === "loading" && <Waiting for="the guidelines" />}
      {loaded.state === "failed" && <Failed what="The guidelines" error={loaded.error} />}
      {loaded.state === "ready" && <Writing project={project} first={loaded.value} />}
    </section>
  );
}

function Writing({ project, first }: { project: Project; first: Guidelines }) {
  const [stored, setStored] = useState(first);
  const [text, setText] = useState(first.text);
  /** What somebody else wrote meanwhile, until it is decided whose text stays. */
  const [theirs, setTheirs] = useState<Guidelines | null>(null);
  const [isSaved, setSaved] = useState(false);
  const { busy, error, act } = useAction();
  const isChanged = text !== stored.text;
  useWarningBeforeLeaving(isChanged);

  const save = (version: number) =>
    act(async () => {
      try {
        const now = await setGuidelines(project.id, text, version);
        setStored(now);
        setTheirs(null);
        setSaved(true);
      } catch (reason) {
        if (reason instanceof ApiError && reason.status === 409) setTheirs(await getGuidelines(project.id));
        throw reason;
      }
    });
  const take = (guidelines: Guidelines) => {
    setStored(guidelines);
    setText(guidelines.text);
    setTheirs(null);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void save(stored.version);
  };
  const size = bytesOf(text);
  return (
    <form onSubmit={submit}>
      <p className={styles.lead}>
        What is marked here, and how: everybody in the project opens them beside a slide. Markdown; links open a page of their
        own, HTML is shown as text.{stored.at && ` Last written by ${stored.by ?? "a former account"}, ${moment(stored.at)}.`}
      </p>
      <div className={rows.writing}>
        <Textarea
          label="Text"
          autosize
          minRows={8}
          maxRows={28}
          spellCheck
          placeholder={"# Nuclei\n\nMark whole nuclei only. Leave out what is **out of focus**."}
          value={text}
          error={size > MAX_GUIDELINES_BYTES && `${number(size)} bytes: at most ${number(MAX_GUIDELINES_BYTES)}`}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setSaved(false);
          }}
        />
        <Preview name="Preview" text={text} />
      </div>
      <Group mt={12} gap="sm">
        <Button type="submit" size="xs" variant="default" loading={busy} disabled={!isChanged || theirs !== null || size > MAX_GUIDELINES_BYTES}>
          Save
        </Button>
        {isSaved && !isChanged && <Mark tone="good">saved</Mark>}
      </Group>
      <Refusal words={error} />
      {theirs && (
        <>
          <Preview name={`As ${theirs.by ?? "somebody"} wrote them`} text={theirs.text} />
          <Group mt={12} gap="sm">
            <Button size="xs" variant="default" onClick={() => take(theirs)}>
              Take theirs, drop mine
            </Button>
            <Button size="xs" variant="default" loading={busy} onClick={() => void save(theirs.version)}>
              Save mine over theirs
            </Button>
          </Group>
        </>
      )}
    </form>
  );
}

function Preview({ name, text }: { name: string; text: string }) {
  return (
    <div role="region" aria-label={name}>
      <div className={styles.quiet} style={{ marginBottom: 4 }}>
        {name}
      </div>
      <div className={rows.preview} tabIndex={0}>
        <Suspense fallback={null}>
          <MarkdownText text={text} />
        </Suspense>
      </div>
    </div>
  );
}

function useWarningBeforeLeaving(isChanged: boolean): void {
  useEffect(() => {
    if (!isChanged) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isChanged]);
}
