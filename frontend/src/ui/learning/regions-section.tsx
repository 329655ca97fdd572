/** What to label next: the queue of regions, who holds what, and the search that fills it. */
import { getQueue, listSamplings, type Queue, type SamplingRun } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { Failed, Waiting } from "../loading";
import pages from "../pages.module.css";
import { usePolled } from "../use-polled";
import { number } from "../words";
import { FindRegions } from "./find-regions";
import { RegionTable } from "./region-table";
import { SamplingTable } from "./sampling-table";
import { TakeRegion } from "./take-region";
import { isOpen } from "./words";

type State = { queue: Queue; samplings: SamplingRun[] };

export function RegionsSection({ project }: { project: Project }) {
  const { loaded, reload, stale } = usePolled(() => load(project.id), isSearching, project.id);
  return (
    <section className={styles.section} aria-label="What to label next">
      <div className={styles.head}>
        <h2>What to label next</h2>
      </div>
      <p className={styles.lead}>
        A region is a square to be labelled completely. Each person takes one at a time from the queue, so no two ever label
        the same. In a complete region the model also learns what is not an object.
      </p>
      {stale && loaded.state === "ready" && <p className={styles.notice}>This is as it stood a moment ago. {stale.message}</p>}
      {loaded.state === "loading" && <Waiting for="the regions" />}
      {loaded.state === "failed" && <Failed what="The regions" error={loaded.error} />}
      {loaded.state === "ready" && <QueueOf project={project} state={loaded.value} reload={reload} />}
    </section>
  );
}

async function load(projectId: number): Promise<State> {
  const [queue, samplings] = await Promise.all([getQueue(projectId), listSamplings(projectId)]);
  return { queue, samplings };
}

const isSearching = ({ samplings }: State): boolean => samplings.some(isOpen);

function QueueOf({ project, state: { queue, samplings }, reload }: { project: Project; state: State; reload: () => void }) {
  const isAdmin = project.role === "admin";
  return (
    <>
      {(isAdmin || samplings.length > 0) && (
        <div className={styles.panel}>
          <div className={styles.columns}>
            {isAdmin && <FindRegions project={project} isUnderWay={samplings.some(isOpen)} reload={reload} />}
            <SamplingTable project={project} samplings={samplings} reload={reload} />
          </div>
        </div>
      )}
      {queue.regions.length === 0 ? (
        <p className={pages.empty}>
          The queue is empty. {isAdmin ? "Find regions with the form above" : "An admin of the project finds regions"}, or go on
          labelling where you like.
        </p>
      ) : (
        <>
          <div className={styles.head} style={{ margin: "16px 0 8px" }}>
            {countsInWords(queue.counts)}
            <span className={styles.spacer} />
            {project.role !== "viewer" && canTake(queue) && <TakeRegion projectId={project.id} />}
          </div>
          <RegionTable project={project} regions={queue.regions} reload={reload} />
        </>
      )}
    </>
  );
}

/** Something is free, or the person goes back to what is theirs. */
const canTake = ({ counts, regions }: Queue): boolean => counts.open > 0 || regions.some(({ mine }) => mine);

function countsInWords({ open, leased, complete, skipped }: Queue["counts"]): string {
  return `${number(open)} free · ${number(leased)} being labelled · ${number(complete)} complete · ${number(skipped)} skipped`;
}
