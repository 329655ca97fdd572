/** Small signs with their words: good, bad, open to a decision; and the reason why something was refused. */
import { Check, CircleAlert, CircleDot, X } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./data.module.css";

export type Tone = "good" | "bad" | "warn" | "quiet";

const LOOKS = {
  good: { Icon: Check, style: styles.better },
  bad: { Icon: X, style: styles.worse },
  warn: { Icon: CircleAlert, style: styles.warn },
  quiet: { Icon: CircleDot, style: styles.quiet },
} as const;

export function Mark({ tone, children }: { tone: Tone; children: ReactNode }) {
  const { Icon, style } = LOOKS[tone];
  return (
    <span className={`${styles.mark} ${style}`}>
      <Icon size={14} aria-hidden /> {children}
    </span>
  );
}

/** What the server said against what a button asked for. */
export function Refusal({ words }: { words: string }) {
  return words ? (
    <p className={styles.error} role="alert">
      {words}
    </p>
  ) : null;
}

export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {rows.map(([name, value]) => (
        <div key={name} style={{ display: "contents" }}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
