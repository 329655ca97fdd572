/** The last searches for regions, with live progress. */
import { cancelSampling, type SamplingRun } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { moment } from "../dates";
import { Mark } from "../marks";
import { count, length, plural } from "../words";
import { CancelButton } from "./cancel-button";
import { JobProgress } from "./job-progress";
import { isOpen, STATES, strategyInWords } from "./words";

const SHOWN = 5;

export function SamplingTable({ project, samplings, reload }: { project: Project; samplings: SamplingRun[]; reload: () => void }) {
  return (
    <section aria-label="Searches">
      <h3>Searches</h3>
      {samplings.length === 0 && <p className={styles.quiet}>No search for regions yet.</p>}
      <table className={styles.table}>
        <tbody>
          {samplings.slice(0, SHOWN).map((run) => (
            <tr key={run.id}>
              <td>
                <div>
                  {moment(run.created_at)} · {strategyInWords(run.strategy)}
                </div>
                <div className={styles.quiet}>
                  {count(run.wanted, "square")} of {length(run.region_um)}, {plural(run.object_type)}
                  {run.by && `, asked by ${run.by}`}
                </div>
                <div style={{ marginTop: 4 }}>
                  <State run={run} />
                </div>
              </td>
              <td className={styles.figure}>
                {isOpen(run) && project.role === "admin" && (
                  <CancelButton what="this search" cancel={() => cancelSampling(run.id)} done={reload} />
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function State({ run }: { run: SamplingRun }) {
  if (isOpen(run)) return <JobProgress job={run} />;
  if (run.state !== "done") {
    return (
      <>
        <Mark tone={run.state === "failed" ? "bad" : "quiet"}>{STATES[run.state].replace("was ", "")}</Mark> {run.failure}
      </>
    );
  }
  return run.found > 0 ? <Mark tone="good">{count(run.found, "region")} found</Mark> : <Mark tone="warn">nothing found</Mark>;
}
