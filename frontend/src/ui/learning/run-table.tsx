/** The trainings of a project, the newest first, with live progress. */
import { Link } from "wouter";
import { cancelRun, type Run } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { moment, tookFrom } from "../dates";
import pages from "../pages.module.css";
import { number } from "../words";
import { CancelButton } from "./cancel-button";
import { RunState } from "./run-state";
import { isOpen, kindInWords, signed, TRIGGERS } from "./words";

export function RunTable({ project, runs, reload }: { project: Project; runs: Run[]; reload: () => void }) {
  return (
    <section className={styles.section} aria-label="Trainings" style={{ marginTop: 24 }}>
      <div className={styles.head}>
        <h2>Trainings</h2>
      </div>
      {runs.length === 0 ? (
        <p className={pages.empty}>
          Nothing was trained here yet. Once everything above is fulfilled an admin can train by hand, or by the clock.
        </p>
      ) : (
        <div className={styles.wide}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Asked</th>
                <th scope="col">What</th>
                <th scope="col">Why</th>
                <th scope="col" className={styles.figure}>
                  Objects
                </th>
                <th scope="col" className={styles.figure}>
                  Took
                </th>
                <th scope="col">State</th>
                <th scope="col" className={styles.figure}>
                  Gain in IoU
                </th>
                <td />
              </tr>
            </thead>
            <tbody>
              {runs.map((run) => (
                <Row key={run.id} project={project} run={run} reload={reload} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ project, run, reload }: { project: Project; run: Run; reload: () => void }) {
  const objects = (run.snapshot.summary.objects as { training?: number } | undefined)?.training;
  return (
    <tr>
      <td className={styles.oneLine}>
        <Link href={`/projects/${project.id}/learning/runs/${run.id}`}>{moment(run.created_at)}</Link>
      </td>
      <td className={styles.oneLine}>{kindInWords(run)}</td>
      <td>{run.by ?? TRIGGERS[run.trigger]}</td>
      <td className={styles.figure}>{objects === undefined ? "–" : number(objects)}</td>
      <td className={styles.figure}>{run.started_at ? tookFrom(run.started_at, run.ended_at) : "–"}</td>
      <td style={{ minWidth: 220 }}>
        <RunState run={run} />
      </td>
      <td className={styles.figure}>{run.measurement?.difference ? signed(run.measurement.difference.mean) : "–"}</td>
      <td className={styles.figure}>
        {project.role === "admin" && isOpen(run) && (
          <CancelButton what={`the training of ${moment(run.created_at)}`} cancel={() => cancelRun(run.id)} done={reload} />
        )}
      </td>
    </tr>
  );
}
