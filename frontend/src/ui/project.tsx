/** The project page: its slides as pictures, with a search. */
import { TextInput, Title } from "@mantine/core";
import { Search } from "lucide-react";
import { useState } from "react";
import { Link } from "wouter";
import type { Project, SlideSummary, User } from "../api/rest";
import { Page } from "./page";
import styles from "./pages.module.css";
import { PatientOf } from "./patient";
import { ProjectFrame } from "./project-frame";
import { count, number } from "./words";

export function ProjectPage({ user, id }: { user: User; id: number }) {
  return (
    <ProjectFrame user={user} id={id} tab="Slides">
      {(project) => <Slides project={project} />}
    </ProjectFrame>
  );
}

function Slides({ project }: { project: Project }) {
  const [slides, setSlides] = useState(project.slides);
  const [wanted, setWanted] = useState("");
  const words = wanted.toLowerCase().split(/\s+/);
  const found = slides.filter((slide) => words.every((word) => slide.name.toLowerCase().includes(word)));
  const change = (changed: SlideSummary) => setSlides((all) => all.map((slide) => (slide.id === changed.id ? changed : slide)));
  return (
    <>
      {slides.length > 0 && (
        <TextInput
          className={styles.search}
          aria-label="Search slides"
          placeholder="Search slides"
          leftSection={<Search size={14} />}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
      )}
      {slides.length === 0 && (
        <p className={styles.empty}>
          No slide yet. An administrator imports the first with{" "}
          <code>python manage.py import_slides PATH --project &quot;{project.team}/{project.name}&quot;</code>.
        </p>
      )}
      {slides.length > 0 && found.length === 0 && (
        <p className={styles.empty}>No slide is called “{wanted}”.</p>
      )}
      {project.role === "admin" && slides.length > 0 && <AboutPatients />}
      <ul className={styles.grid}>
        {found.map((slide) => (
          <li key={slide.id} className={styles.card}>
            <SlideLink slide={slide} />
            {project.role === "admin" && <PatientOf slide={slide} changed={(patient) => change({ ...slide, patient })} />}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Why admins should name the patients, and when. */
function AboutPatients() {
  return (
    <p className={styles.about}>
      Name the patient of each slide before the first training: slides of one patient are never trained on and measured on
      at once. Without a code each slide stands for itself, and once a split is made it does not change.
    </p>
  );
}

function SlideLink({ slide }: { slide: SlideSummary }) {
  return (
    // A full page load: the workspace starts with nothing else in the way.
    <a href={`/slides/${slide.id}`} className={styles.cardLink}>
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
      <Title order={1} mb="md">
        No such page
      </Title>
      <p className={styles.empty}>
        There is no page at this address. <Link href="/">Go to your projects</Link>.
      </p>
    </Page>
  );
}
