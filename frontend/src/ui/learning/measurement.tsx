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
      <MeasurementInShort measurement={measurement} rival={rival} scores={SCORES} />
      <RealPrompts measurement={measurement} />
      <PartTables measurement={measurement} />
      <p className={styles.lead} style={{ margin: "12px 0 0" }}>
        {measurement.command}
      </p>
    </>
  );
}

/** Of all scores those that a decision looks at. */
const DECISIVE = SCORES.filter(({ key }) => ["iou_at_1", "aji", "noc_85", "ms_per_click_p50"].includes(key));

/** Mean difference and scores alone, as a dialog repeats them. */
export function MeasurementInShort({ measurement, rival, scores = DECISIVE }: {
  measurement: Measurement;
  rival: string;
  scores?: readonly Score[];
}) {
  return (
    <>
      <p className={styles.lead}>{describe(measurement)}</p>
      {measurement.difference && <Interval difference={measurement.difference} />}
      <ScoreTable measurement={measurement} rival={rival} wanted={scores} />
    </>
  );
}

function describe({ n_objects, n_slides, n_groups }: Measurement): string {
  const slides = `${number(n_slides)} held-out slide${n_slides === 1 ? "" : "s"}`;
  const groups = n_groups < n_slides ? ` of ${number(n_groups)} patient${n_groups === 1 ? "" : "s"}` : "";
  return `On ${number(n_objects)} accepted objects of ${slides}${groups}, which this project never trains on.`;
}

function ScoreTable({ measurement, rival, wanted }: { measurement: Measurement; rival: string; wanted: readonly Score[] }) {
  const { scores } = measurement;
  const known = wanted.filter(({ key }) => scores.candidate[key] != null || scores.rival?.[key] != null);
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

const IOU = SCORES[0]!;

function Change({ value, score = IOU }: { value: number | null; score?: Score }) {
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
