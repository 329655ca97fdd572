/** The project's labels, for its admins: what there is to choose in the workspace. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { Project } from "../../api/rest";
import { addLabel, bringBackLabel, changeLabel, getLabels, orderLabels, type Labels, type LabelRow as Row } from "../../api/settings";
import styles from "../data.module.css";
import { Fold } from "../fold";
import { Failed, Waiting } from "../loading";
import { Refusal } from "../marks";
import { useAction } from "../use-action";
import { useLoaded } from "../use-loaded";
import { DeleteLabel } from "./delete-label";
import { LabelRow } from "./label-row";
import { NewLabel } from "./new-label";
import rows from "./settings.module.css";
import { heldInWords, moved } from "./words";

export function LabelsSettings({ project }: { project: Project }) {
  const loaded = useLoaded(() => getLabels(project.id), project.id);
  if (loaded.state === "loading") return <Waiting for="the labels" />;
  if (loaded.state === "failed") return <Failed what="The labels" error={loaded.error} />;
  return <LabelList projectId={project.id} first={loaded.value} />;
}

function LabelList({ projectId, first }: { projectId: number; first: Labels }) {
  const [{ labels, deleted }, setLabels] = useState(first);
  const [leaving, setLeaving] = useState<Row | null>(null);
  const { busy, error, act } = useAction();
  const reload = async () => setLabels(await getLabels(projectId));
  /** Whether it was done. Where somebody else was first, what they did is shown beside the reason. */
  const run = async (work: () => Promise<Labels>) => {
    const done = await act(async () => setLabels(await work()));
    if (!done) await reload().catch(() => undefined);
    return done;
  };
  const ids = labels.map(({ id }) => id);
  const order = (at: number, by: number) => void run(() => orderLabels(projectId, ids, moved(ids, at, by)));
  return (
    <section className={styles.section} aria-label="Labels">
      <div className={styles.head}>
        <h2>Labels</h2>
      </div>
      <p className={styles.lead}>
        What can be chosen in the workspace, in this order. A hotkey is any one letter, digit or sign that the workspace does
        not use itself, or none. Pages that are open show a change at once.
      </p>
      {labels.length === 0 && <p className={styles.lead}>There is no label yet: nothing can be marked before the first.</p>}
      <ul className={rows.rows}>
        {labels.length > 0 && (
          <li className={`${rows.row} ${rows.names}`} aria-hidden>
            <span style={{ width: 46 }} />
            <span />
            <span>Name</span>
            <span>It marks</span>
            <span>Hotkey</span>
            <span>Objects</span>
            <span className={rows.buttons} />
          </li>
        )}
        {labels.map((label, at) => (
          <LabelRow
            key={`${label.id}.${label.version}`}
            label={label}
            busy={busy}
            save={(changes) => void run(() => changeLabel(projectId, label.id, label.version, changes))}
            up={at > 0 ? () => order(at, -1) : undefined}
            down={at < labels.length - 1 ? () => order(at, 1) : undefined}
            remove={() => setLeaving(label)}
          />
        ))}
      </ul>
      <NewLabel labels={labels} busy={busy} add={(label) => run(() => addLabel(projectId, label))} />
      <Refusal words={error} />
      {deleted.length > 0 && (
        <Fold summary={`Deleted labels (${deleted.length})`}>
          {() => <DeletedLabels deleted={deleted} busy={busy} bringBack={(id) => void run(() => bringBackLabel(projectId, id))} />}
        </Fold>
      )}
      {leaving && (
        <DeleteLabel
          projectId={projectId}
          label={leaving}
          others={labels.filter(({ id }) => id !== leaving.id)}
          close={() => setLeaving(null)}
          changed={() => void reload().catch(() => undefined)}
        />
      )}
    </section>
  );
}

function DeletedLabels({ deleted, busy, bringBack }: { deleted: readonly Row[]; busy: boolean; bringBack: (id: number) => void }) {
  return (
    <ul className={rows.rows}>
      {deleted.map((label) => (
        <li key={label.id} className={rows.member}>
          <span>{label.name}</span>
          <span className={styles.quiet}>
            {label.held.gone > 0 ? `${label.held.gone} in the trash` : heldInWords(label.held, label.object_type)}
          </span>
          <Button size="compact-xs" variant="default" disabled={busy} aria-label={`Bring ${label.name} back`} onClick={() => bringBack(label.id)}>
            Bring back
          </Button>
        </li>
      ))}
    </ul>
  );
}
