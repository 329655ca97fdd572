/** One training: how far it is, its curve and log, and how its version was measured. */
import { Title } from "@mantine/core";
import { Link } from "wouter";
import { cancelRun, getRun, type RunDetail } from "../../api/learning";
import type { Project, User } from "../../api/rest";
import styles from "../data.module.css";
import { clock, moment, tookFrom } from "../dates";
import { Failed, Waiting } from "../loading";
import { Facts } from "../marks";
import { ProjectFrame } from "../project-frame";
import { Activations } from "../models/activations";
import { usePolled } from "../use-polled";
import { CancelButton } from "./cancel-button";
import { Curve } from "./curve";
import { MeasurementView } from "./measurement";
import { Pictures } from "./pictures";
import { RunState } from "./run-state";
import { snapshotInWords } from "./snapshot";
import { isOpen, kindInWords, TRIGGERS } from "./words";

export default function RunPage({ user, id, runId }: { user: User; id: number; runId: string }) {
  return (
    <ProjectFrame user={user} id={id} tab="Learning">
      {(project) => <Training project={project} runId={runId} />}
    </ProjectFrame>
  );
}

function Training({ project, runId }: { project: Project; runId: string }) {
  const { loaded, reload, stale } = usePolled(() => getRun(runId), isOpen, runId);
  if (loaded.state === "loading") return <Waiting for="the training" />;
  if (loaded.state === "failed") return <Failed what="The training" error={loaded.error} />;
  const run = loaded.value;
  return (
    <>
      {stale && <p className={styles.notice}>This is as it stood a moment ago. {stale.message}</p>}
      <div className={styles.head}>
        <Title order={2}>
          Training of {kindInWords(run)}, {moment(run.created_at)}
        </Title>
        <span className={styles.spacer} />
        {project.role === "admin" && isOpen(run) && (
          <CancelButton what="this training" cancel={() => cancelRun(run.id)} done={reload} />
        )}
      </div>
      <div className={styles.panel}>
        <div className={styles.columns}>
          <div className={styles.stack}>
            <section aria-label="State">
              <h3>State</h3>
              <RunState run={run} />
              {run.reason && <p style={{ margin: "8px 0 0" }}>{run.reason}</p>}
              {run.version_id !== null && (
                <p style={{ margin: "8px 0 0" }}>
                  <Link href={`/projects/${project.id}/models`}>See the version that it made</Link>
                </p>
              )}
            </section>
            <Activations activations={run.activations} verdict={run.reason} />
          </div>
          <section aria-label="How it was asked">
            <h3>How it was asked</h3>
            <Facts rows={askedInWords(run)} />
          </section>
        </div>
      </div>
      {run.curve.length > 0 && (
        <div className={styles.panel}>
          <Curve curve={run.curve} />
        </div>
      )}
      {run.measurement && (
        <section className={styles.panel} aria-label="How it was measured">
          <h3>How it was measured</h3>
          <MeasurementView measurement={run.measurement} rival={run.measurement.rival ?? ""} />
        </section>
      )}
      {run.measurement && run.measurement.pictures.length > 0 && (
        <div className={styles.panel}>
          <Pictures runId={run.id} pictures={run.measurement.pictures} />
        </div>
      )}
      <Log run={run} />
    </>
  );
}

function askedInWords(run: RunDetail): [string, React.ReactNode][] {
  return [
    ["By", run.by ? `${run.by}, ${TRIGGERS[run.trigger]}` : TRIGGERS[run.trigger]],
    ["Begins with", run.base ? run.base.name : "random weights"],
    ["Taught by", snapshotInWords(run.snapshot)],
    ["Method", run.method],
    ...(run.started_at ? [["Took", tookFrom(run.started_at, run.ended_at)] as [string, string]] : []),
    ...(run.attempt > 1 ? [["Attempt", String(run.attempt)] as [string, string]] : []),
  ];
}

function Log({ run: { lines } }: { run: RunDetail }) {
  return (
    <section className={styles.panel} aria-label="Log">
      <h3>Log</h3>
      {lines.length === 0 ? (
        <p className={styles.lead} style={{ margin: 0 }}>
          Nothing to tell yet.
        </p>
      ) : (
        <div style={{ maxHeight: 320, overflowY: "auto" }}>
          <table className={styles.table} style={{ width: "auto" }}>
            <tbody>
              {lines.map(({ at, text }, row) => (
                <tr key={row}>
                  <td className={styles.quiet} style={{ whiteSpace: "nowrap", borderBottom: "none", padding: "2px 16px 2px 0" }}>
                    {clock(at)}
                  </td>
                  <td style={{ borderBottom: "none", padding: "2px 0" }}>{text}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
