/** What a project's admins decide: labels, members, guidelines; and which slides are kept apart, which nobody changes. */
import type { Project, User } from "../../api/rest";
import styles from "../data.module.css";
import { GuidelinesText } from "../guidelines";
import { ProjectFrame } from "../project-frame";
import { GuidelinesSettings } from "./guidelines-settings";
import { LabelsSettings } from "./labels-settings";
import { MembersSettings } from "./members-settings";
import { SplitSection } from "./split-section";

export default function SettingsPage({ user, id }: { user: User; id: number }) {
  return (
    <ProjectFrame user={user} id={id} tab="Settings">
      {(project) => (project.role === "admin" ? <Settings project={project} user={user} /> : <ForOthers project={project} />)}
    </ProjectFrame>
  );
}

function Settings({ project, user }: { project: Project; user: User }) {
  return (
    <>
      <LabelsSettings project={project} />
      <MembersSettings project={project} user={user} />
      <GuidelinesSettings project={project} />
      <SplitSection project={project} />
    </>
  );
}

function ForOthers({ project }: { project: Project }) {
  return (
    <section className={styles.section} aria-label="Guidelines">
      <p className={styles.notice}>The settings of a project are for its admins. These are its guidelines, for everybody.</p>
      <GuidelinesText projectId={project.id} />
    </section>
  );
}
