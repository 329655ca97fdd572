/** The models of a project: which version answers for what and why, and how each one was made and measured. */
import { listModels, type Models } from "../../api/learning";
import type { Project, User } from "../../api/rest";
import { Failed, Waiting } from "../loading";
import { ProjectFrame } from "../project-frame";
import { sameKind } from "../learning/words";
import { usePolled } from "../use-polled";
import { KindSection } from "./kind-section";
import { VersionList } from "./version-list";
import styles from "../data.module.css";
import pages from "../pages.module.css";

export default function ModelsPage({ user, id }: { user: User; id: number }) {
  return (
    <ProjectFrame user={user} id={id} tab="Models">
      {(project) => <ModelsOf project={project} />}
    </ProjectFrame>
  );
}

function ModelsOf({ project }: { project: Project }) {
  // What answers changes when a training ends: it is asked again whenever the page is looked at again.
  const { loaded, reload } = usePolled(() => listModels(project.id), () => false, project.id);
  if (loaded.state === "loading") return <Waiting for="the models" />;
  if (loaded.state === "failed") return <Failed what="The models" error={loaded.error} />;
  return <Sections project={project} models={loaded.value} reload={reload} />;
}

function Sections({ project, models: { kinds, versions }, reload }: { project: Project; models: Models; reload: () => void }) {
  const others = versions.filter((version) => !kinds.some((kind) => sameKind(kind, { ...version, stain: version.stain })));
  return (
    <>
      {kinds.length === 0 && (
        <p className={pages.empty}>
          No model is asked in this project yet: it takes a label, which says what is marked, and a slide. The versions
          that could answer are below.
        </p>
      )}
      {kinds.map((kind) => (
        <KindSection
          key={`${kind.object_type} ${kind.stain}`}
          project={project}
          kind={kind}
          versions={versions}
          reload={reload}
        />
      ))}
      {others.length > 0 && (
        <section className={styles.panel} aria-label="Other versions">
          <div className={styles.head}>
            <h2>For other labels and stains</h2>
          </div>
          <p className={styles.lead}>Installed, but this project has no such labels on such slides.</p>
          <VersionList project={project} list={others} versions={versions} answeringId={null} reload={reload} />
        </section>
      )}
    </>
  );
}
