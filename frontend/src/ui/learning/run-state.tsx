/** How far a training is: in a queue, at which step, or what came of it. */
import type { Run } from "../../api/learning";
import { Mark, type Tone } from "../marks";
import { JobProgress } from "./job-progress";
import { isOpen, STATES } from "./words";

const VERDICTS: Record<Run["verdict"], { tone: Tone; words: string }> = {
  promoted: { tone: "good", words: "better, took over" },
  refused: { tone: "bad", words: "not better, refused" },
  admin: { tone: "warn", words: "left to an admin" },
  "": { tone: "good", words: "done" },
};

export function RunState({ run }: { run: Run }) {
  if (isOpen(run)) return <JobProgress job={run} />;
  if (run.state === "done") return <Outcome run={run} />;
  return (
    <>
      <Mark tone={run.state === "failed" ? "bad" : "quiet"}>{STATES[run.state].replace("was ", "")}</Mark>
      {run.failure && <div>{run.failure}</div>}
    </>
  );
}

/** The rule's verdict, unless an admin has promoted the version in spite of it. */
function Outcome({ run: { verdict, activations } }: { run: Run }) {
  const promotion = activations.findLast(({ reason }) => reason === "promoted");
  if (promotion && verdict !== "promoted") return <Mark tone="good">promoted by {promotion.by ?? "an admin"}</Mark>;
  const { tone, words } = VERDICTS[verdict];
  return <Mark tone={tone}>{words}</Mark>;
}
