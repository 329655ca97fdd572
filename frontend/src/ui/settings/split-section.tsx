/** Which slides are kept apart for measuring, in words: how many objects lie there, who decides, and what can be changed. */
import { Link } from "wouter";
import type { Project } from "../../api/rest";
import { getSplit, type Split, type SplitSlide } from "../../api/settings";
import styles from "../data.module.css";
import { Fold } from "../fold";
import { Failed, Waiting } from "../loading";
import { useLoaded } from "../use-loaded";
import { count, number } from "../words";
import rows from "./settings.module.css";
import { apartInWords, decidedInWords } from "./split-words";

export function SplitSection({ project }: { project: Project }) {
  const loaded = useLoaded(() => getSplit(project.id), project.id);
  return (
    <section className={styles.section} aria-label="Slides kept apart">
      <div className={styles.head}>
        <h2>Slides kept apart for measuring</h2>
      </div>
      {loaded.state === "loading" && <Waiting for="the split" />}
      {loaded.state === "failed" && <Failed what="The split" error={loaded.error} />}
      {loaded.state === "ready" && <SplitInWords project={project} split={loaded.value} />}
    </section>
  );
}

function SplitInWords({ project, split }: { project: Project; split: Split }) {
  return (
    <>
      <p className={styles.lead}>
        A version is only worth its measure on tissue that it has never seen. So Squiggle itself keeps at least one patient in{" "}
        {number(split.one_in)} apart: what is accepted there counts for measuring, never for training. The side of a slide is
        decided when a training first needs it, all slides of a patient together, and then stays for good, for admins too: else
        old and new versions could not be compared. Until then it follows the patient’s code, which you set below each{" "}
        <Link href={`/projects/${project.id}`} className={rows.inText}>
          slide
        </Link>. To have more on one side, accept objects on slides of more patients.
      </p>
      {split.kinds.length === 0 && <p className={styles.lead}>Nothing is accepted yet, so nothing is kept apart.</p>}
      {split.kinds.map((kind) => (
        <div key={`${kind.object_type} ${kind.stain}`} style={{ marginBottom: 12 }}>
          <p style={{ margin: "0 0 4px" }}>
            {apartInWords(kind)} <span className={styles.quiet}>{kind.stain}</span>
          </p>
          <Fold summary={count(kind.slides.length, "slide")}>{() => <SlideTable slides={kind.slides} />}</Fold>
        </div>
      ))}
    </>
  );
}

function SlideTable({ slides }: { slides: readonly SplitSlide[] }) {
  return (
    <div className={styles.wide}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th>Slide</th>
            <th>Patient</th>
            <th>For</th>
            <th>Decided</th>
            <th className={styles.figure}>Objects</th>
          </tr>
        </thead>
        <tbody>
          {slides.map((slide) => (
            <tr key={slide.id}>
              <td style={{ overflowWrap: "anywhere" }}>{slide.name}</td>
              <td>{slide.patient || <span className={styles.quiet}>none named</span>}</td>
              <td>{slide.part === "held_out" ? "measuring" : "training"}</td>
              <td>{decidedInWords(slide)}</td>
              <td className={styles.figure}>{number(slide.objects)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
