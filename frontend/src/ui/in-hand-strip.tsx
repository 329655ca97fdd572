/** One slim line above the slide about the object in hand, where the next step is not plain: it covers an accepted one, or is one. */
import { Button } from "@mantine/core";
import type { SlideObject } from "../store/slide-object";
import type { Workspace } from "../workspace";
import { useObject } from "./use-object";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

export function InHandStrip({ workspace }: { workspace: Workspace }) {
  const { selection, store, tools } = workspace;
  const current = useSignal(selection.current);
  const selected = useSignal(selection.selected);
  const tool = useSignal(tools.inUse);
  const object = useObject(store, current ?? selected);
  if (!object || !workspace.canEdit) return null;
  if (object.state === "proposed" && object.covers.length > 0) return <Covering workspace={workspace} object={object} />;
  const isSelected = object.state === "accepted" && (tool === "click" || tool === "squiggle");
  return isSelected ? <Selected gesture={tool === "click" ? "click" : "draw"} /> : null;
}

function Covering({ workspace, object }: { workspace: Workspace; object: SlideObject }) {
  const { decisions } = workspace;
  return (
    <div className={`${styles.hint} ${styles.area} ${styles.inHand}`} role="group" aria-label="Covers an accepted object">
      <span>This covers {inWords(workspace, object)}</span>
      <Button size="compact-xs" onClick={() => decisions.accept()}>
        Replace (Enter)
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray.4" onClick={() => decisions.reject()}>
        {object.correcting ? "Take back (X)" : "Discard (X)"}
      </Button>
    </div>
  );
}

/** "an accepted nucleus (Tumour, by bob)", "2 accepted nuclei"; of what is out of view only how many there are. */
function inWords({ labels, store }: Workspace, { covers }: SlideObject): string {
  const covered = store.get(covers[0]!.object_id);
  if (covers.length > 1) return `${covers.length} accepted objects`;
  const label = covered && labels.get(covered.labelId);
  return label ? `an accepted ${label.object_type ?? "object"} (${label.name}, by ${covered.author})` : "an accepted object";
}

function Selected({ gesture }: { gesture: "click" | "draw" }) {
  return (
    <div className={`${styles.hint} ${styles.area} ${styles.inHand}`} role="note">
      <span>
        Accepted, and selected: {gesture} inside to correct it, Shift + {gesture} to outline another inside it
      </span>
    </div>
  );
}
