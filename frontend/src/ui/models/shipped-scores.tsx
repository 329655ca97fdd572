/** The scores that a version brings along in its manifest: measured by whoever trained it, on images of their own. */
import styles from "../data.module.css";
import { decimal, SCORES } from "../learning/words";
import { number } from "../words";

export function ShippedScores({ metrics }: { metrics: Record<string, unknown> }) {
  const known = SCORES.filter(({ key }) => typeof metrics[key] === "number");
  if (known.length === 0) return <p className={styles.lead}>Nobody has measured it.</p>;
  const { n_images, n_objects, dataset } = metrics;
  const images = typeof n_images === "number" ? ` on ${number(n_images)} images` : "";
  const objects = typeof n_objects === "number" ? ` with ${number(n_objects)} objects` : "";
  const whose = typeof dataset === "string" ? ` of ${dataset}` : "";
  return (
    <>
      <p className={styles.lead}>
        Before it was shipped, with one simulated click each{images}
        {whose}
        {objects}. On this project's slides it is measured as soon as a training here has something to compare with it.
      </p>
      <table className={styles.table}>
        <tbody>
          {known.map(({ key, name, why, unit, digits }) => (
            <tr key={key}>
              <th scope="row" title={why}>
                {name}
              </th>
              <td className={styles.figure}>
                {decimal(metrics[key] as number, digits)} {unit}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
