/** One version: how it was made, how it was measured, what became of it, and what an admin can do with it. */
import { Button } from "@mantine/core";
import { ArrowUpFromLine, Download } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import { exportVersion, getRun, type ModelVersion } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { moment } from "../dates";
import { Curve } from "../learning/curve";
import { MeasurementView } from "../learning/measurement";
import { Pictures } from "../learning/pictures";
import { snapshotInWords } from "../learning/snapshot";
import { referenceInWords } from "../learning/words";
import { Failed, Waiting } from "../loading";
import { Facts, Refusal } from "../marks";
import { saveBlob } from "../save-blob";
import { useAction } from "../use-action";
import { useLoaded } from "../use-loaded";
import { number } from "../words";
import { ActivateDialog } from "./activate-dialog";
import { Activations } from "./activations";
import { ShippedScores } from "./shipped-scores";
import { wasHere } from "./words";

type Props = { project: Project; version: ModelVersion; versions: ModelVersion[]; answeringId: number | null; reload: () => void };

export function VersionDetails({ project, version, versions, answeringId, reload }: Props) {
  const { measurement, run_id } = version;
  return (
    <>
      {version.reason && <p style={{ margin: "0 0 12px" }}>{version.reason}</p>}
      {project.role === "admin" && (
        <Actions project={project} version={version} versions={versions} isAnswering={version.id === answeringId} reload={reload} />
      )}
      <div className={styles.columns}>
        <div className={styles.stack}>
          <section role="group" aria-label="How it was made">
            <h3>How it was made</h3>
            <Facts rows={madeInWords(project, version, versions)} />
          </section>
          <Activations activations={version.activations} verdict={version.reason} />
          {run_id && <CurveOfRun runId={run_id} />}
        </div>
        <section role="group" aria-label="How it was measured" style={{ minWidth: 0 }}>
          <h3>How it was measured</h3>
          {measurement ? (
            <MeasurementView measurement={measurement} rival={rivalInWords(version, versions)} />
          ) : (
            <ShippedScores metrics={version.metrics} />
          )}
        </section>
      </div>
      {run_id && measurement && measurement.pictures.length > 0 && (
        <div style={{ marginTop: 24 }}>
          <Pictures runId={run_id} pictures={measurement.pictures} />
        </div>
      )}
    </>
  );
}

function rivalInWords({ measurement }: ModelVersion, versions: ModelVersion[]): string {
  return measurement?.rival ? referenceInWords({ name: measurement.rival }, versions) : "";
}

function madeInWords(project: Project, version: ModelVersion, versions: ModelVersion[]): [string, ReactNode][] {
  const rows: [string, ReactNode][] = [["Weights", <span key="name" className={styles.code}>{version.name}</span>]];
  if (version.run_id) {
    rows.push(
      ["Made by", <Link key="run" href={`/projects/${project.id}/learning/runs/${version.run_id}`}>the training of {moment(version.created_at)}</Link>],
      ["Begun with", version.parent ? referenceInWords(version.parent, versions) : "random weights"],
    );
  } else {
    rows.push(["Made by", "shipped with Squiggle"]);
  }
  if (version.snapshot) rows.push(["Taught by", snapshotInWords(version.snapshot)]);
  rows.push(
    ["Method", version.method],
    ["Licence", version.licence],
    ["Masks", `${number(version.mask_count)} accepted in this project`],
    ["SHA-256", <span key="hash" className={styles.code} title={version.sha256}>{version.sha256.slice(0, 12)}</span>],
  );
  return rows;
}

function Actions({ project, version, versions, isAnswering, reload }: Omit<Props, "answeringId"> & { isAnswering: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const { busy, error, act } = useAction();
  if (version.replaced) return null;
  const save = () => act(async () => saveBlob(await exportVersion(project.id, version.id), `${version.name}.zip`));
  return (
    <div style={{ marginBottom: 16 }}>
      <div className={styles.head} style={{ marginBottom: 0 }}>
        {!isAnswering && (
          <Button size="xs" leftSection={<ArrowUpFromLine size={14} />} onClick={() => setAsking(true)}>
            {wasHere(version) ? "Activate …" : "Promote …"}
          </Button>
        )}
        <Button size="xs" variant="default" leftSection={<Download size={14} />} loading={busy} onClick={() => void save()}>
          Export
        </Button>
      </div>
      <Refusal words={error} />
      {isAsking && (
        <ActivateDialog
          project={project}
          version={version}
          rival={rivalInWords(version, versions)}
          close={() => setAsking(false)}
          reload={reload}
        />
      )}
    </div>
  );
}

function CurveOfRun({ runId }: { runId: string }) {
  const run = useLoaded(() => getRun(runId), runId);
  if (run.state === "loading") return <Waiting for="the curve" />;
  if (run.state === "failed") return <Failed what="The curve" error={run.error} />;
  return <Curve curve={run.value.curve} />;
}
