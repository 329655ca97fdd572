/** One slim line above the slide: why no model can answer, else the hints of a tool's first five minutes. */
import { CloseButton } from "@mantine/core";
import { useSyncExternalStore } from "react";
import type { ToolName, Workspace } from "../workspace";
import { magnification } from "../viewer/coordinates";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

/** Below this magnification a nucleus, or a gland, is a speck. */
const SEEN_FROM: Record<ToolName, number> = { move: 0, click: 8, squiggle: 2, area: 0 };

export function Hint({ workspace }: { workspace: Workspace }) {
  const labelId = useSignal(workspace.labels.chosen);
  const tool = useSignal(workspace.tools.inUse);
  useSignal(workspace.models.choices);
  const { model, reason } = workspace.asking.answering(labelId);
  if (!workspace.canEdit || tool === "area") return null;
  if (model) return <FirstHints workspace={workspace} />;
  return (
    <div className={styles.hint} role="note" data-tone="warning">
      {reason}
    </div>
  );
}

/** Each tool's own: gone after five objects accepted with it, and back with `?`. */
function FirstHints({ workspace }: { workspace: Workspace }) {
  const { hints } = workspace.settings;
  useSignal(hints.practised);
  const tool = useSignal(workspace.tools.inUse);
  const accepted = hints.practiceOf(tool);
  const current = useSignal(workspace.selection.current);
  const tooFar = useSyncExternalStore(workspace.view.subscribe, () => isTooFar(workspace));
  if (accepted === null || tool === "area") return null;
  const noun = workspace.labels.chosenType() === "cell" ? "cell" : "nucleus";
  const words = {
    move: () => "Drag to move, scroll to zoom, click an object to select it",
    click: () => wordsForClick(accepted, current !== null, noun),
    squiggle: () => wordsForSquiggle(accepted, current !== null),
  }[tool]();
  return (
    <div className={styles.hint} role="note">
      {tooFar && tool !== "move" ? WORDS_TOO_FAR[tool] : words}
      <CloseButton
        size="xs"
        variant="transparent"
        c="inherit"
        aria-label="No more hints"
        onClick={() => hints.learn(tool)}
      />
    </div>
  );
}

/** A boolean, so that React draws only when it flips, not on each step of a zoom. */
function isTooFar({ view, slide, tools }: Workspace): boolean {
  const now = view.get();
  return now !== null && magnification(now, slide.mpp) < SEEN_FROM[tools.inUse.get()];
}

const WORDS_TOO_FAR: Record<"click" | "squiggle", string> = {
  click: "Zoom in until you see nuclei, then click one",
  squiggle: "Zoom in until you see glands, then draw a line inside one",
};

/** A finger has no keys. */
const isTouched = () => window.matchMedia("(pointer: coarse)").matches;

function wordsForClick(accepted: number, hasProposal: boolean, noun: string): string {
  if (isTouched()) return hasProposal ? "Tap Accept or Reject below, tap inside to add, or tap the next" : `Tap a ${noun}`;
  if (accepted === 0 && !hasProposal) return `Click a ${noun}`;
  if (accepted < 3) return hasProposal ? "Press Enter to accept, or click the next" : `Click the next ${noun}`;
  return "Wrong outline? Click inside or at its rim to add, Alt-click to take away, X to reject";
}

function wordsForSquiggle(accepted: number, hasProposal: boolean): string {
  if (isTouched() && hasProposal) return "Tap Accept or Reject below, draw inside to add, or draw inside the next";
  if (!hasProposal) return "Draw a line inside a gland, along its length";
  if (accepted < 3) return "Press Enter to accept, or draw inside the next";
  return "Wrong outline? Draw inside or at its rim to add, Alt-draw to take away, X to reject";
}
