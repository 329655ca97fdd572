/** A mean difference with its 90 % interval, in words and drawn beside zero. */
import type { Difference } from "../../api/learning";
import styles from "./interval.module.css";
import { scoreName, signed } from "./words";

/** Half of the drawn scale, so that small differences look small. */
const LEAST_REACH = 0.02;

export function Interval({ difference }: { difference: Difference }) {
  const { mean, low90, high90 } = difference;
  const reach = Math.max(LEAST_REACH, Math.abs(low90), Math.abs(high90)) * 1.1;
  const place = (value: number) => `${50 + (50 * value) / reach}%`;
  return (
    <figure className={styles.figure}>
      <figcaption>
        {scoreName(difference.score)}: <strong>{signed(mean)}</strong> on average (90 % interval {signed(low90)} to {signed(high90)})
      </figcaption>
      <div className={styles.scale} aria-hidden>
        <span className={styles.zero} />
        <span className={styles.reach} style={{ left: place(low90), right: `calc(100% - ${place(high90)})` }} data-sign={signOf(low90, high90)} />
        <span className={styles.mean} style={{ left: place(mean) }} />
        <span className={styles.words} style={{ left: 0 }}>
          worse
        </span>
        <span className={styles.words} style={{ right: 0 }}>
          better
        </span>
      </div>
    </figure>
  );
}

function signOf(low: number, high: number): "better" | "worse" | "open" {
  return low > 0 ? "better" : high < 0 ? "worse" : "open";
}
