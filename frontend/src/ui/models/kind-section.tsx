/** One kind of object on one stain: the version that answers and why, the way back, and all versions there are. */
import { Button } from "@mantine/core";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import type { Activation, Answering, ModelVersion } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { moment } from "../dates";
import { kindInWords, sameKind, versionInWords } from "../learning/words";
import { plural } from "../words";
import { RollBackDialog } from "./roll-back-dialog";
import { VersionList } from "./version-list";
import { reasonInWords } from "./words";

export function KindSection({ project, kind, versions, reload }: {
  project: Project;
  kind: Answering;
  versions: ModelVersion[];
  reload: () => void;
}) {
  const [isAsking, setAsking] = useState(false);
  const active = versions.find(({ id }) => id === kind.active_id);
  const own = versions.filter((version) => sameKind(version, kind));
  const name = kindInWords(kind);
  return (
    <section className={styles.panel} aria-label={name}>
      <div className={styles.head}>
        <h2>{name}</h2>
        <span className={styles.spacer} />
        {kind.can_roll_back && project.role === "admin" && (
          <Button size="xs" variant="default" leftSection={<Undo2 size={14} />} onClick={() => setAsking(true)}>
            Roll back …
          </Button>
        )}
      </div>
      <p style={{ margin: "0 0 12px" }}>
        {active ? (
          <>
            <strong>{versionInWords(active)}</strong> answers {why(kind, active)}
          </>
        ) : (
          <span className={styles.warn}>{kind.reason}</span>
        )}
      </p>
      {own.length > 0 && (
        <VersionList project={project} list={own} versions={versions} answeringId={kind.active_id} reload={reload} />
      )}
      {own.length === 0 && active && (
        <p className={styles.lead} style={{ margin: 0 }}>
          No version was made for {plural(kind.object_type)} on this stain. Accepted work teaches one: see Learning.
        </p>
      )}
      {isAsking && active && (
        <RollBackDialog project={project} kind={kind} active={active} close={() => setAsking(false)} reload={reload} />
      )}
    </section>
  );
}

/** From when on, by whom, and for what reason. */
function why(kind: Answering, active: ModelVersion): string {
  if (kind.reason) return `here. ${kind.reason}`;
  const newest = newestOf(active.activations, kind);
  return newest ? `since ${moment(newest.at)}: ${reasonInWords(newest)}.` : "as long as the project has activated none of its own.";
}

function newestOf(activations: Activation[], kind: Answering): Activation | undefined {
  return activations.filter((activation) => sameKind(activation, kind)).sort((one, other) => other.at.localeCompare(one.at))[0];
}
