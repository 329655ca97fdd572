/** The button that trains by hand, and with which weights it begins. */
import { Button, NativeSelect } from "@mantine/core";
import { useState } from "react";
import { startRun, type LearningKind, type Start } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { Refusal } from "../marks";
import { useAction } from "../use-action";
import { kindInWords } from "./words";

const STARTS: { value: Start; label: string }[] = [
  { value: "active", label: "from the version that answers" },
  { value: "scratch", label: "from scratch (takes longer)" },
];

export function TrainNow({ project, kind, reload }: { project: Project; kind: LearningKind; reload: () => void }) {
  const [start, setStart] = useState<Start>("active");
  const { busy, error, act } = useAction();
  const train = async () => {
    await act(() => startRun(project.id, kind, start));
    reload();
  };
  return (
    <>
      <div className={styles.head} style={{ margin: "16px 0 0" }}>
        <Button
          size="xs"
          loading={busy}
          disabled={!kind.ready}
          title={kind.ready ? undefined : "What is missing stands above"}
          aria-label={`Train now: ${kindInWords(kind)}`}
          onClick={() => void train()}
        >
          Train now
        </Button>
        <NativeSelect
          size="xs"
          aria-label="Begin"
          value={start}
          data={STARTS}
          onChange={(event) => setStart(event.currentTarget.value as Start)}
        />
      </div>
      <Refusal words={error} />
    </>
  );
}
