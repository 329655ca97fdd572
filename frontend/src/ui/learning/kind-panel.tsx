/** One kind of object on one stain: how much was accepted, what a training still needs, and when it is trained. */
import { VisuallyHidden } from "@mantine/core";
import type { LearningKind, Run } from "../../api/learning";
import type { Project } from "../../api/rest";
import styles from "../data.module.css";
import { moment } from "../dates";
import { Fold } from "../fold";
import { Mark } from "../marks";
import { number, plural } from "../words";
import { PreferencesForm } from "./preferences-form";
import { PreferencesInWords } from "./preferences-in-words";
import { TrainNow } from "./train-now";
import { isOpen, kindInWords, sameKind } from "./words";

type Props = { project: Project; kind: LearningKind; runs: Run[]; reload: () => void };

export function KindPanel(props: Props) {
  const { kind } = props;
  const name = kindInWords(kind);
  return (
    <section className={styles.panel} style={{ padding: "0 16px" }} aria-label={name}>
      <Fold isOpen={kind.accepted > 0} summary={<Summary {...props} />}>
        {() => <Details {...props} />}
      </Fold>
    </section>
  );
}

function Summary({ kind, runs }: Props) {
  const run = runs.find((each) => sameKind(each, kind) && isOpen(each));
  return (
    <>
      <h2>{kindInWords(kind)}</h2>
      <span className={styles.quiet}>{acceptedInWords(kind)}</span>
      <span className={styles.spacer} />
      {run ? <Mark tone="warn">training</Mark> : kind.ready ? <Mark tone="good">ready to train</Mark> : <Mark tone="quiet">not ready yet</Mark>}
    </>
  );
}

function acceptedInWords({ accepted, accepted_since_snapshot, object_type }: LearningKind): string {
  if (accepted === 0) return "nothing accepted yet";
  const since = accepted_since_snapshot === accepted ? "" : `, ${number(accepted_since_snapshot)} since the last training`;
  return `${number(accepted)} ${accepted === 1 ? object_type : plural(object_type)} accepted${since}`;
}

function Details({ project, kind, reload }: Props) {
  const isAdmin = project.role === "admin";
  const { refusal, refused_at } = kind.settings;
  return (
    <>
      {refusal && refused_at && (
        <p className={styles.notice}>
          A training was due on {moment(refused_at)} and did not begin. {refusal}
        </p>
      )}
      <div className={styles.columns}>
        <section role="group" aria-label="Before a training">
          <h3>Before a training</h3>
          <ul className={styles.checks}>
            {kind.preflight.map(({ ok, words }) => (
              <li key={words}>
                <Mark tone={ok ? "good" : "bad"}>
                  <VisuallyHidden>{ok ? "fulfilled:" : "missing:"}</VisuallyHidden>
                </Mark>
                <span>{words}</span>
              </li>
            ))}
          </ul>
          {isAdmin && <TrainNow project={project} kind={kind} reload={reload} />}
        </section>
        <section role="group" aria-label="When it trains">
          <h3>When it trains</h3>
          {isAdmin ? (
            <PreferencesForm project={project} kind={kind} reload={reload} />
          ) : (
            <PreferencesInWords preferences={kind.settings} />
          )}
        </section>
      </div>
    </>
  );
}
