/** What the pages of a project share: its name, the reader's role, and the way to its other pages. */
import { Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import { Link } from "wouter";
import { getProject, type Project, type User } from "../api/rest";
import { Failed, Waiting } from "./loading";
import { Page } from "./page";
import styles from "./pages.module.css";
import { useLoaded } from "./use-loaded";
import { count, roleInWords } from "./words";

const TABS = [
  { name: "Slides", path: "" },
  { name: "Models", path: "/models" },
  { name: "Learning", path: "/learning" },
  { name: "Settings", path: "/settings" },
] as const;

export type Tab = (typeof TABS)[number]["name"];

export function ProjectFrame({ user, id, tab, children }: {
  user: User;
  id: number;
  tab: Tab;
  children: (project: Project) => ReactNode;
}) {
  const loaded = useLoaded(() => getProject(id), id);
  const project = loaded.state === "ready" ? loaded.value : null;
  useEffect(() => {
    if (project) document.title = `${tab} · ${project.name} · Squiggle`;
  }, [project, tab]);
  return (
    <Page user={user} path={project && <span className={styles.quiet}>/ {project.name}</span>}>
      {loaded.state === "loading" && <Waiting for="the project" />}
      {loaded.state === "failed" && <Failed what="The project" error={loaded.error} />}
      {project && (
        <>
          <Heading project={project} />
          <Tabs project={project} tab={tab} />
          {children(project)}
        </>
      )}
    </Page>
  );
}

function Heading({ project }: { project: Project }) {
  return (
    <div className={styles.heading}>
      <div>
        <Title order={1}>{project.name}</Title>
        <span className={styles.quiet}>
          {project.team} · {roleInWords(project.role)} · {count(project.slides.length, "slide")}
        </span>
      </div>
    </div>
  );
}

function Tabs({ project, tab }: { project: Project; tab: Tab }) {
  return (
    <nav className={styles.tabs} aria-label="Project">
      {TABS.filter(({ name }) => name !== "Settings" || project.role === "admin").map(({ name, path }) => (
        <Link key={name} href={`/projects/${project.id}${path}`} aria-current={name === tab ? "page" : undefined}>
          {name}
        </Link>
      ))}
    </nav>
  );
}
