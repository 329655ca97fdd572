/** Versions, the newest first, each a row that opens to show how it was made and measured. */
import type { ModelVersion } from "../../api/learning";
import type { Project } from "../../api/rest";
import { Fold } from "../fold";
import { Mark } from "../marks";
import { signed, versionInWords } from "../learning/words";
import { count } from "../words";
import { VersionDetails } from "./version-details";
import styles from "../data.module.css";

type Shared = { project: Project; versions: ModelVersion[]; answeringId: number | null; reload: () => void };

/** `list` is shown; `versions` are all that there are, to name parents and rivals. */
export function VersionList({ list, ...shared }: Shared & { list: ModelVersion[] }) {
  return list.map((version) => (
    <Fold key={version.id} summary={<Summary version={version} isAnswering={version.id === shared.answeringId} />}>
      {() => <VersionDetails version={version} {...shared} />}
    </Fold>
  ));
}

function Summary({ version, isAnswering }: { version: ModelVersion; isAnswering: boolean }) {
  const difference = version.measurement?.difference;
  return (
    <>
      <span style={{ fontWeight: isAnswering ? 600 : 400 }}>{versionInWords(version)}</span>
      {isAnswering && <Mark tone="good">answers</Mark>}
      {!isAnswering && <Standing version={version} />}
      <span className={styles.spacer} />
      {difference && <span className={styles.quiet}>{signed(difference.mean)} IoU</span>}
      <span className={styles.quiet}>{count(version.mask_count, "mask")}</span>
    </>
  );
}

/** What became of it. */
export function Standing({ version }: { version: ModelVersion }) {
  if (version.replaced) return <Mark tone="quiet">other weights of this name were installed since</Mark>;
  if (version.verdict === "refused") return <Mark tone="bad">refused</Mark>;
  if (version.activations.length > 0) return <Mark tone="quiet">answered before</Mark>;
  if (version.verdict === "admin") return <Mark tone="warn">for an admin to decide</Mark>;
  return null;
}
