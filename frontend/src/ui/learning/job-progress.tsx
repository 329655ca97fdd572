/** A job that is not at its end: its stage with a number, or what it waits for. */
import { Progress } from "@mantine/core";
import type { JobState } from "../../api/learning";
import styles from "../data.module.css";
import { number } from "../words";
import { stageInWords, STATES } from "./words";

export function JobProgress({ job }: { job: { state: JobState; stage: string; done: number; total: number } }) {
  if (job.state !== "running") return <span className={styles.quiet}>{STATES[job.state]}</span>;
  const words = stageInWords(job.stage);
  return (
    <div>
      <div className={styles.quiet}>
        {words}
        {job.total > 0 && ` · ${number(job.done)} of ${number(job.total)}`}
      </div>
      <Progress mt={4} size={4} value={job.total ? (100 * job.done) / job.total : 0} aria-label={words} />
    </div>
  );
}
