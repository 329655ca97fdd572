/** How a project learns: what a training still needs, trainings, what to label next, and what labelling costs. */
import { getLearning, type Learning } from "../../api/learning";
import type { Project, User } from "../../api/rest";
import styles from "../data.module.css";
import { Failed, Waiting } from "../loading";
import pages from "../pages.module.css";
import { ProjectFrame } from "../project-frame";
import { usePolled } from "../use-polled";
import { EffortSection } from "./effort-section";
import { KindPanel } from "./kind-panel";
import { RegionsSection } from "./regions-section";
import { RunTable } from "./run-table";
import { isOpen } from "./words";

export default function LearningPage({ user, id }: { user: User; id: number }) {
  return (
    <ProjectFrame user={user} id={id} tab="Learning">
      {(project) => (
        <>
          <Trainings project={project} />
          <RegionsSection project={project} />
          <EffortSection project={project} />
        </>
      )}
    </ProjectFrame>
  );
}

function Trainings({ project }: { project: Project }) {
  const { loaded, reload, stale } = usePolled(() => getLearning(project.id), isUnderWay, project.id);
  if (loaded.state === "loading") return <Waiting for="the trainings" />;
  if (loaded.state === "failed") return <Failed what="The trainings" error={loaded.error} />;
  const { kinds, runs, trainer } = loaded.value;
  return (
    <>
      {stale && <p className={styles.notice}>This is as it stood a moment ago. {stale.message}</p>}
      {trainer === "missing" && (
        <p className={styles.notice}>
          No training worker is running, so nothing is trained or searched: whoever runs this server starts one.
        </p>
      )}
      {kinds.length === 0 && (
        <p className={pages.empty}>
          Nothing can be learnt yet. It takes a label, which says what is marked, and a slide: then accept some objects.
        </p>
      )}
      {[...kinds]
        .sort((one, other) => other.accepted - one.accepted)
        .map((kind) => (
          <KindPanel key={`${kind.object_type} ${kind.stain}`} project={project} kind={kind} runs={runs} reload={reload} />
        ))}
      <RunTable project={project} runs={runs} reload={reload} />
    </>
  );
}

const isUnderWay = ({ runs }: Learning): boolean => runs.some(isOpen);
