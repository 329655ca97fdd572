/** When a version took over, who decided it, and what they wrote. */
import type { Activation } from "../../api/learning";
import styles from "../data.module.css";
import { moment } from "../dates";
import { reasonInWords } from "./words";

/** `verdict` is the reason that stands beside the list already: a note that only repeats it is left out. */
export function Activations({ activations, verdict }: { activations: readonly Activation[]; verdict: string }) {
  if (activations.length === 0) return null;
  return (
    <section aria-label="When it took over">
      <h3>When it took over</h3>
      <ul style={{ margin: 0, paddingLeft: 16 }}>
        {activations.map((activation) => (
          <li key={activation.at}>
            {moment(activation.at)}: {reasonInWords(activation)}
            {activation.note && activation.note !== verdict && <span className={styles.quiet}> · {activation.note}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}
