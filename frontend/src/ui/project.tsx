/** The project page: its slides as pictures, with a search. */
import { TextInput, Title } from "@mantine/core";
import { Search } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import { getProject, type Project, type SlideSummary, type User } from "../api/rest";
import { Failed, Waiting } from "./loading";
import { Page } from "./page";
import styles from "./pages.module.css";
import { useLoaded } from "./use-loaded";
import { count, number, roleInWords } from "./words";

export function ProjectPage({ user, id }: { user: User; id: number }) {
  const project = useLoaded(() => getProject(id), id);
  const name = project.state === "ready" ? project.value.name : "";
  return (
    <Page user={user} path={name && <span className={styles.quiet}>/ {name}</span>}>
      {project.state === "loading" && <Waiting for="the project" />}
      {project.state === "failed" && <Failed what="The project" error={project.error} />}
      {project.state === "ready" && <Slides project={project.value} />}
    </Page>
  );
}

function Slides({ project }: { project: Project }) {
  const [wanted, setWanted] = useState("");
  const words = wanted.toLowerCase().split(/\s+/);
  const found = project.slides.filter((slide) => words.every((word) => slide.name.toLowerCase().includes(word)));
  return (
    <>
      <div className={styles.heading}>
        <div>
          <Title order={1}>{project.name}</Title>
          <span className={styles.quiet}>
            {project.team} · {roleInWords(project.role)} · {count(project.slides.length, "slide")}
          </span>
        </div>
        <span className={styles.spacer} />
        <TextInput
          aria-label="Search slides"
          placeholder="Search slides"
          leftSection={<Search size={14} />}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      </div>
      {project.slides.length === 0 && (
        <p className={styles.empty}>
          No slide yet. An administrator imports the first with{" "}
          <code>python manage.py import_slides PATH --project &quot;{project.name}&quot;</code>.
        </p>
      )}
      {project.slides.length > 0 && found.length === 0 && (
        <p className={styles.empty}>No slide is called “{wanted}”.</p>
      )}
      <ul className={styles.grid}>
        {found.map((slide) => (
          <li key={slide.id}>
            <SlideCard slide={slide} />
          </li>
        ))}
      </ul>
    </>
  );
}

function SlideCard({ slide }: { slide: SlideSummary }) {
  return (
    // A full page load: the workspace starts with nothing else in the way.
    <a href={`/slides/${slide.id}`} className={styles.card}>
      <img className={styles.thumbnail} src={slide.thumbnail_url} alt={`Overview of ${slide.name}`} loading="lazy" />
      <div className={styles.cardText}>
        <div className={styles.cardName}>{slide.name}</div>
        <div className={styles.quiet}>
          {number(slide.width)} × {number(slide.height)} px · {Number(slide.mpp.toFixed(3))} µm/px
        </div>
        <div style={{ marginTop: 8 }}>{count(slide.object_count, "object")}</div>
      </div>
    </a>
  );
}

export function NotFoundPage({ user }: { user: User }) {
  return (
    <Page user={user}>
      <p className={styles.empty}>
        There is no page at this address. <Link href="/">Go to your projects</Link>.
      </p>
    </Page>
  );
}
