/** One slim line above the slide where a click does something else than usual: an accepted object is selected. */
import type { Workspace } from "../workspace";
import { useObject } from "./use-object";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

export function SelectedStrip({ workspace }: { workspace: Workspace }) {
  const { selection, store, tools } = workspace;
  const current = useSignal(selection.current);
  const selected = useSignal(selection.selected);
  const tool = useSignal(tools.inUse);
  const object = useObject(store, current ?? selected);
  const gesture = tool === "click" ? "click" : tool === "squiggle" ? "draw" : null;
  if (object?.state !== "accepted" || gesture === null || !workspace.canEdit) return null;
  return (
    <div className={`${styles.hint} ${styles.area} ${styles.selected}`} role="note">
      <span>
        Accepted, and selected: {gesture} inside to correct it, Shift + {gesture} to outline another inside it
      </span>
    </div>
  );
}
