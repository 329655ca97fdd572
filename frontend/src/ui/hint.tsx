/** The hints of the first five minutes: one slim line at a time, gone for ever after five accepted objects. */
import { CloseButton } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { magnification } from "../viewer/coordinates";
import { useSignal } from "./use-signal";
import type { Workspace } from "../workspace";
import styles from "./workspace.module.css";

const LEARNT_AFTER = 5;
/** Below this magnification a nucleus is a speck. */
const NUCLEI_FROM = 8;

export function Hint({ workspace }: { workspace: Workspace }) {
  const accepted = useSignal(workspace.settings.acceptedSoFar);
  const current = useSignal(workspace.selection.current);
  const tooFar = useSyncExternalStore(workspace.view.subscribe, () => isTooFar(workspace));
  if (!workspace.canEdit || accepted >= LEARNT_AFTER) return null;
  return (
    <div className={styles.hint} role="note">
      {tooFar ? "Zoom in until you see nuclei, then click one" : wordsFor(accepted, current !== null)}
      <CloseButton
        size="xs"
        variant="transparent"
        c="inherit"
        aria-label="No more hints"
        onClick={() => workspace.settings.acceptedSoFar.set(LEARNT_AFTER)}
      />
    </div>
  );
}

/** A boolean, so that React draws only when it flips, not on each step of a zoom. */
function isTooFar({ view, slide }: Workspace): boolean {
  const now = view.get();
  return now !== null && magnification(now, slide.mpp) < NUCLEI_FROM;
}

function wordsFor(accepted: number, hasProposal: boolean): string {
  if (accepted === 0 && !hasProposal) return "Click a nucleus";
  if (accepted < 3) return hasProposal ? "Press Enter to accept, or click the next" : "Click the next nucleus";
  return "Wrong outline? Click inside to add, Alt-click to take away, X to reject";
}
