/** A chip beside the object under the pointer: label, area, who or what made it, and what a click does. */
import { measure } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import { toScreen } from "../viewer/coordinates";
import type { NextClick, Workspace } from "../workspace";
import { useObject } from "./use-object";
import { useSignal } from "./use-signal";
import { number } from "./words";
import styles from "./workspace.module.css";

const GAP_PX = 6;
/** Nearer to the right edge than this, the chip goes to the object's other side. */
const ROOM_PX = 460;

/** What a click here does. */
const WORDS_FOR_NEXT: Record<NextClick, string> = {
  new: "",
  correct: "click: add to it",
  extend: "click: extend it",
  take: "click: take it in hand",
  select: "click: select it · Shift-click: another inside it",
};

export function HoverChip({ workspace }: { workspace: Workspace }) {
  const hovered = useSignal(workspace.selection.hovered);
  const object = useObject(workspace.store, hovered);
  const next = useSignal(workspace.pointing.nextClick);
  if (!object?.shape) return null;
  const { box } = object.shape;
  const { view } = workspace.viewer;
  const right = toScreen(view, box.maxX, box.minY);
  const left = toScreen(view, box.minX, box.minY);
  const place =
    right.x + ROOM_PX < view.width
      ? `translate(${right.x + GAP_PX}px, ${right.y}px)`
      : `translate(max(${GAP_PX}px, calc(${left.x - GAP_PX}px - 100%)), ${left.y}px)`;
  return (
    <div className={styles.chip} style={{ transform: place }}>
      {wordsFor(workspace, object)}
      {next !== null && <span className={styles.next}>{WORDS_FOR_NEXT[next]}</span>}
    </div>
  );
}

function wordsFor(workspace: Workspace, object: SlideObject): string {
  const label = workspace.labels.get(object.labelId)?.name ?? "no label";
  const um2 = measure(object.shape!).areaPx * workspace.slide.mpp ** 2;
  const model = workspace.models.byId(object.modelId)?.name;
  const correcting = object.correcting ? "correcting an accepted mask" : "";
  return [label, `${number(Math.round(um2))} µm²`, object.author, model, correcting].filter(Boolean).join(" · ");
}
