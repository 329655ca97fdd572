/** What labelling costs, from what people really did: by version and label, over time, and what quality it bought. */
import { getEffort, listModels, type Effort, type EffortRow, type Models } from "../../api/learning";
import type { Project } from "../../api/rest";
import type { ObjectType } from "../../store/messages";
import styles from "../data.module.css";
import { day } from "../dates";
import { LineFigure } from "../lazy-chart";
import { Failed, Waiting } from "../loading";
import pages from "../pages.module.css";
import { useLoaded } from "../use-loaded";
import { number, plural } from "../words";
import { qualityOverHours, secondsByDay } from "./quality";
import { decimal, percent, referenceInWords, scoreName } from "./words";

const SCORE = "iou_at_1";

const COLUMNS = [
  { name: "Objects", why: "Accepted for the first time" },
  { name: "Clicks", why: "Clicks and lines for an object, on average" },
  { name: "Seconds", why: "For an object, the median" },
  { name: "Half of them", why: "Seconds of the middle half: a quarter took less, a quarter more" },
  { name: "Accepted", why: "Of all decisions; the others were rejections" },
  { name: "Corrected", why: "Of the objects: those whose first answer was not what was accepted" },
  { name: "Edit distance", why: "1 − IoU between the first answer and what was accepted, on average" },
];

export function EffortSection({ project }: { project: Project }) {
  const loaded = useLoaded(() => Promise.all([getEffort(project.id), listModels(project.id)]), project.id);
  return (
    <section className={styles.section} aria-label="Effort">
      <div className={styles.head}>
        <h2>Effort</h2>
      </div>
      {loaded.state === "loading" && <Waiting for="the effort" />}
      {loaded.state === "failed" && <Failed what="The effort" error={loaded.error} />}
      {loaded.state === "ready" && <EffortOf effort={loaded.value[0]} models={loaded.value[1]} />}
    </section>
  );
}

function EffortOf({ effort, models }: { effort: Effort; models: Models }) {
  if (effort.rows.length === 0) {
    return (
      <p className={pages.empty}>
        Nothing was accepted yet. From the first object on it stands here what an object costs with each version.
      </p>
    );
  }
  return (
    <>
      <p className={styles.lead}>
        Counted from the clicks themselves. Time is from the first click to the acceptance. The edit distance is 1 − IoU between
        the model's first answer and what was accepted in the end.
      </p>
      <EffortTable rows={effort.rows} models={models} />
      <Charts effort={effort} models={models} />
    </>
  );
}

function EffortTable({ rows, models }: { rows: EffortRow[]; models: Models }) {
  return (
    <div className={styles.wide}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Label</th>
            {COLUMNS.map(({ name, why }) => (
              <th key={name} scope="col" className={styles.figure} title={why}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.version_id} ${row.label_id}`} row={row} models={models} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ row, models }: { row: EffortRow; models: Models }) {
  const { seconds_per_object_low: low, seconds_per_object_high: high } = row;
  const version = row.version ? referenceInWords({ id: row.version_id ?? undefined, name: row.version }, models.versions) : "by hand";
  const figures = [
    number(row.objects),
    decimal(row.clicks_per_object, 1),
    decimal(row.seconds_per_object_median, 1),
    low === null || high === null ? "–" : `${decimal(low, 1)} to ${decimal(high, 1)}`,
    percent(row.accept_rate),
    percent(row.corrected_share),
    decimal(row.edit_distance, 2),
  ];
  return (
    <tr>
      <th scope="row">{version}</th>
      <td>{row.label}</td>
      {figures.map((figure, column) => (
        <td key={column} className={styles.figure}>
          {figure}
        </td>
      ))}
    </tr>
  );
}

function Charts({ effort, models: { versions } }: { effort: Effort; models: Models }) {
  const types = [...new Set(versions.filter(({ measurement }) => measurement).map(({ object_type }) => object_type))];
  const days = secondsByDay(effort.over_time).map((point) => ({ ...point, day: day(point.day) }));
  return (
    <div className={styles.columns} style={{ marginTop: 24 }}>
      {types.map((type) => (
        <Quality key={type} type={type} effort={effort} versions={versions} />
      ))}
      {days.length > 1 && (
        <LineFigure
          title="Seconds for an object, day by day"
          data={days}
          x="day"
          xName="day"
          isNamed
          fromZero
          digits={1}
          lines={[{ key: "seconds", name: "seconds", colour: "var(--warn)" }]}
        />
      )}
    </div>
  );
}

function Quality({ type, effort, versions }: { type: ObjectType; effort: Effort; versions: Models["versions"] }) {
  const points = qualityOverHours(versions, effort.over_time, type, SCORE);
  if (points.length === 0) return null;
  return (
    <LineFigure
      title={`Quality against annotators’ time, ${plural(type)}: ${scoreName(SCORE)}`}
      data={points.map(({ hours, candidate, rival }) => ({ hours, candidate, rival }))}
      x="hours"
      xName="hours of labelling until then"
      digits={3}
      lines={[
        { key: "candidate", name: "new version", colour: "var(--accent)" },
        { key: "rival", name: "the one before, on the same slides", colour: "var(--ink-quiet)", dashed: true },
      ]}
    />
  );
}
