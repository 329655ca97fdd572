/** How a version was measured: beside the one that answered until then, on the same held-out slides. */
import type { Measurement } from "../../api/learning";
import styles from "../data.module.css";
import { Fold } from "../fold";
import { number } from "../words";
import { Interval } from "./interval";
import { count, decimal, judgeChange, SCORES, signed, type Score } from "./words";

/** `rival` in words: the version that answered when the run began. */
export function MeasurementView({ measurement, rival }: { measurement: Measurement; rival: string }) {
  return (
    <>
      <p className={styles.lead}>{describe(measurement)}</p>
      {measurement.difference && <Interval difference={measurement.difference} />}
      <ScoreTable measurement={measurement} rival={rival} />
      <RealPrompts measurement={measurement} />
      <PartTables measurement={measurement} />
    </>
  );
}

/** Mean difference and scores alone, as a dialog repeats them. */
export function MeasurementInShort({ measurement, rival }: { measurement: Measurement; rival: string }) {
  return (
    <>
      <p className={styles.lead}>{describe(measurement)}</p>
      {measurement.difference && <Interval difference={measurement.difference} />}
      <ScoreTable measurement={measurement} rival={rival} />
    </>
  );
}

function describe({ n_objects, n_slides, n_groups, difference }: Measurement): string {
  const slides = `${number(n_slides)} held-out slide${n_slides === 1 ? "" : "s"}`;
  const groups = n_groups < n_slides ? ` of ${number(n_groups)} patients` : "";
  const how = difference
    ? ` The interval is a paired bootstrap over objects, by ${difference.clustered_by}, ${number(difference.resamples)} times.`
    : "";
  return `Measured on ${number(n_objects)} accepted objects of ${slides}${groups}, which no version was trained on.${how}`;
}

function ScoreTable({ measurement, rival }: { measurement: Measurement; rival: string }) {
  const { scores } = measurement;
  const known = SCORES.filter(({ key }) => scores.candidate[key] != null || scores.rival?.[key] != null);
  return (
    <div className={styles.wide}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Measure</th>
            <th scope="col" className={styles.figure}>
              This version
            </th>
            {scores.rival && (
              <>
                <th scope="col" className={styles.figure} title={rival}>
                  The one before
                </th>
                <th scope="col" className={styles.figure}>
                  Change
                </th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {known.map((score) => (
            <ScoreRow key={score.key} score={score} candidate={scores.candidate[score.key]} rival={scores.rival && scores.rival[score.key]} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `rival` is null where there was no version to compare with. */
function ScoreRow({ score, candidate, rival }: { score: Score; candidate: number | null | undefined; rival: number | null | undefined }) {
  const { name, unit, digits, why, better } = score;
  const value = (figure: number | null | undefined) => `${decimal(figure, digits)}${unit && figure != null ? ` ${unit}` : ""}`;
  return (
    <tr>
      <th scope="row" title={`${why}; ${better} is better`}>
        {name} <span className={styles.quiet}>{better === "lower" ? "↓" : "↑"}</span>
      </th>
      <td className={styles.figure}>{value(candidate)}</td>
      {rival !== null && (
        <>
          <td className={styles.figure}>{value(rival)}</td>
          <td className={styles.figure}>
            <Change value={candidate != null && rival != null ? candidate - rival : null} score={score} />
          </td>
        </>
      )}
    </tr>
  );
}

const IOU: Pick<Score, "digits" | "better"> = { digits: 3, better: "higher" };

function Change({ value, score = IOU }: { value: number | null; score?: Pick<Score, "digits" | "better"> }) {
  const judged = judgeChange(value, score);
  return <span className={judged === "same" ? styles.quiet : styles[judged]}>{signed(value, score.digits)}</span>;
}

function RealPrompts({ measurement: { real_prompts } }: { measurement: Measurement }) {
  if (!real_prompts || real_prompts.n_objects + real_prompts.n_rejected === 0) return null;
  const { n_objects, candidate, rival, difference, n_rejected, candidate_rejected_iou, rival_rejected_iou } = real_prompts;
  return (
    <>
      <h3 style={{ marginTop: 20 }}>With the real clicks and lines</h3>
      {n_objects > 0 && (
        <p className={styles.lead}>
          The prompts of {number(n_objects)} accepted objects were given again: IoU {decimal(candidate)}
          {rival != null && (
            <>
              , before {decimal(rival)} (<Change value={difference} />)
            </>
          )}
          .
        </p>
      )}
      {n_rejected > 0 && (
        <p className={styles.lead}>
          The prompts of {number(n_rejected)} rejected proposals too: the outline overlaps what was rejected by{" "}
          {decimal(candidate_rejected_iou)}
          {rival_rejected_iou != null && `, before ${decimal(rival_rejected_iou)}`}. Less is better.
        </p>
      )}
    </>
  );
}

function PartTables({ measurement: { per_label, per_slide } }: { measurement: Measurement }) {
  const labels = per_label.map((part) => ({ ...part, id: part.label_id, name: part.label }));
  const slides = per_slide.map((part) => ({ ...part, id: part.slide_id, name: part.slide, address: `/slides/${part.slide_id}` }));
  return (
    <div style={{ marginTop: 16 }}>
      {labels.length > 0 && (
        <Fold summary={`By label (${labels.length})`} isOpen={labels.length > 1}>
          {() => <PartTable what="Label" parts={labels} />}
        </Fold>
      )}
      {slides.length > 0 && (
        <Fold summary={`By held-out slide (${slides.length})`}>{() => <PartTable what="Slide" parts={slides} />}</Fold>
      )}
    </div>
  );
}

type Part = { id: number; name: string; address?: string; n_objects: number; candidate: number | null; rival: number | null; difference: number | null };

function PartTable({ what, parts }: { what: string; parts: Part[] }) {
  const isCompared = parts.some(({ rival }) => rival !== null);
  return (
    <div className={styles.wide}>
      <table className={styles.table}>
        <caption>IoU at the first click</caption>
        <thead>
          <tr>
            <th scope="col">{what}</th>
            {["Objects", "This version", ...(isCompared ? ["The one before", "Change"] : [])].map((name) => (
              <th key={name} scope="col" className={styles.figure}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.id}>
              <th scope="row">{part.address ? <a href={part.address}>{part.name}</a> : part.name}</th>
              <td className={styles.figure}>{count(part.n_objects)}</td>
              <td className={styles.figure}>{decimal(part.candidate)}</td>
              {isCompared && (
                <>
                  <td className={styles.figure}>{decimal(part.rival)}</td>
                  <td className={styles.figure}>
                    <Change value={part.difference} />
                  </td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
