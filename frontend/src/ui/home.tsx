/** The home page: my projects. */
import { Title } from "@mantine/core";
import { Link } from "wouter";
import { listProjects, type ProjectSummary, type User } from "../api/rest";
import { count, roleInWords } from "./words";
import { Failed, Waiting } from "./loading";
import { NewProject } from "./new-project";
import { Page } from "./page";
import styles from "./pages.module.css";
import { useLoaded } from "./use-loaded";

export function HomePage({ user }: { user: User }) {
  const projects = useLoaded(listProjects, "projects");
  return (
    <Page user={user}>
      <div className={styles.heading}>
        <Title order={1}>Projects</Title>
        <span className={styles.spacer} />
        <NewProject />
      </div>
      {projects.state === "loading" && <Waiting for="your projects" />}
      {projects.state === "failed" && <Failed what="Your projects" error={projects.error} />}
      {projects.state === "ready" && <ProjectList projects={projects.value} />}
    </Page>
  );
}

function ProjectList({ projects }: { projects: ProjectSummary[] }) {
  if (projects.length === 0) {
    return <p className={styles.empty}>You belong to no project yet. Ask an admin of one to add you to its team; who may make one finds New project above.</p>;
  }
  return (
    <ul className={styles.grid}>
      {projects.map((project) => (
        <li key={project.id}>
          <Link href={`/projects/${project.id}`} className={styles.card}>
            <div className={styles.cardText}>
              <div className={styles.cardName}>{project.name}</div>
              <div className={styles.quiet}>
                {project.team} · {roleInWords(project.role)}
              </div>
              <div style={{ marginTop: 12 }}>
                {count(project.slide_count, "slide")} · {count(project.object_count, "object")}
              </div>
            </div>
          </Link>
        </li>
      ))}
    </ul>
  );
}
