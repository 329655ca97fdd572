/** The queue of regions as a list: the free ones in their order, who holds what, and what is closed. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { reopenRegion, type Region } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { moment, until } from "../dates";
import { Mark, Refusal } from "../marks";
import { useAction } from "../use-action";
import { length, number, plural } from "../words";
import { decimal, strategyInWords } from "./words";

const FIRST_SHOWN = 10;

export function RegionTable({ project, regions, reload }: { project: Project; regions: Region[]; reload: () => void }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? regions : regions.slice(0, FIRST_SHOWN);
  return (
    <>
      <div className={styles.wide}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Slide</th>
              <th scope="col">Label</th>
              <th scope="col" className={styles.figure}>
                Side
              </th>
              <th scope="col">Picked</th>
              <th scope="col" className={styles.figure}>
                Score
              </th>
              <th scope="col">State</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {shown.map((region) => (
              <Row key={region.id} project={project} region={region} reload={reload} />
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < regions.length && (
        <Button mt={8} size="compact-xs" variant="default" onClick={() => setWhole(true)}>
          Show all {number(regions.length)}
        </Button>
      )}
    </>
  );
}

function Row({ project, region, reload }: { project: Project; region: Region; reload: () => void }) {
  const { busy, error, act } = useAction();
  const slide = project.slides.find(({ id }) => id === region.slide_id);
  const reopen = async () => {
    await act(() => reopenRegion(region.id));
    reload();
  };
  return (
    <tr>
      <td>
        <a href={`/slides/${region.slide_id}?region=${region.id}`}>{region.slide}</a>
      </td>
      <td>{plural(region.object_type)}</td>
      <td className={styles.figure}>{slide ? length(Math.round(region.width * slide.mpp)) : "–"}</td>
      <td>{strategyInWords(region.strategy)}</td>
      <td className={styles.figure}>{decimal(region.score, 2)}</td>
      <td>
        <State region={region} />
        <Refusal words={error} />
      </td>
      <td className={styles.figure}>
        {project.role === "admin" && region.state !== "open" && (
          <Button size="compact-xs" variant="default" loading={busy} onClick={() => void reopen()}>
            Reopen
          </Button>
        )}
      </td>
    </tr>
  );
}

function State({ region }: { region: Region }) {
  if (region.state !== "open") {
    const closed = `${region.state}${region.closed_by ? ` by ${region.closed_by}` : ""}${region.closed_at ? `, ${moment(region.closed_at)}` : ""}`;
    return <Mark tone={region.state === "complete" ? "good" : "quiet"}>{closed}</Mark>;
  }
  if (!region.leased_by) return <span className={styles.quiet}>free</span>;
  const whose = region.mine ? "yours" : `with ${region.leased_by}`;
  return <Mark tone="warn">{region.leased_until ? `${whose}, ${until(region.leased_until)} left` : whose}</Mark>;
}
