/** What a frozen dataset holds, in words. */
import type { Run } from "../../api/learning";
import styles from "../data.module.css";
import { moment } from "../dates";
import { count, number } from "../words";

type Parts = { training?: number; held_out?: number };
type Summary = {
  slides?: Parts;
  objects?: Parts;
  labels?: Record<string, number>;
  rejected?: number;
  complete_regions?: number;
};

export function snapshotInWords({ sha256, created_at, summary }: Run["snapshot"]) {
  const { slides = {}, objects = {}, labels = {}, rejected, complete_regions } = summary as Summary;
  const named = Object.entries(labels).map(([label, objects]) => `${label} ${number(objects)}`);
  return (
    <>
      <span className={styles.code} title={sha256}>
        {sha256.slice(0, 12)}
      </span>{" "}
      <span className={styles.quiet}>frozen {moment(created_at)}</span>
      <br />
      {count(objects.training ?? 0, "object")} of {count(slides.training ?? 0, "slide")} to train on
      <br />
      {count(objects.held_out ?? 0, "object")} of {count(slides.held_out ?? 0, "slide")} to measure on
      {named.length > 1 && (
        <>
          <br />
          {named.join(" · ")}
        </>
      )}
      {(complete_regions ?? 0) > 0 && (
        <>
          <br />
          {count(complete_regions!, "complete region")}
        </>
      )}
      {(rejected ?? 0) > 0 && (
        <>
          <br />
          {count(rejected!, "rejected proposal")}
        </>
      )}
    </>
  );
}
