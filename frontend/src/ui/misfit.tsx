/** Where the model was not made for this slide: the server's words for it, and the model that was, if there is one. */
import { ActionIcon, Button } from "@mantine/core";
import { TriangleAlert, X } from "lucide-react";
import { useCallback, useEffect, useRef, useSyncExternalStore } from "react";
import type { Model } from "../api/rest";
import type { ObjectType } from "../store/messages";
import type { Misfit } from "../store/model-choice";
import { lastPointOf } from "../store/prompts";
import type { Box } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import { toScreen, type View } from "../viewer/coordinates";
import type { Workspace } from "../workspace";
import styles from "./misfit.module.css";
import { useSignal } from "./use-signal";
import { plural } from "./words";

type Props = { workspace: Workspace; objectType: ObjectType; misfit: Misfit<Model> | null };

/** Screen pixels between the object and what is said of it. */
const GAP_PX = 8;

/** In the panel. */
export function MisfitWords({ workspace, objectType, misfit }: Props) {
  if (!misfit) return null;
  return (
    <div className={styles.misfit} role="note">
      <TriangleAlert size={14} aria-hidden />
      <div>
        <p>{misfit.words}</p>
        <Offer workspace={workspace} objectType={objectType} misfit={misfit} />
      </div>
    </div>
  );
}

function Offer({ workspace, objectType, misfit: { fitting } }: Props & { misfit: Misfit<Model> }) {
  if (!fitting) return <p>No installed model for {plural(objectType)} was made for such slides.</p>;
  if (!workspace.canEdit) return <p>{fitting.name} was.</p>;
  return (
    <Button size="compact-xs" color="yellow.4" autoContrast onClick={() => workspace.chooseModel(objectType, fitting)}>
      Use {fitting.name}
    </Button>
  );
}

/** Beside the object in hand, or the selected one: by the model that outlined it. */
export function MisfitChip({ workspace }: { workspace: Workspace }) {
  const object = useObjectInHand(workspace);
  useSignal(workspace.models.picked);
  useSignal(workspace.models.choices);
  const read = useSignal(workspace.models.read);
  if (!object || !["asked", "proposed", "accepted"].includes(object.state)) return null;
  const objectType = workspace.labels.typeOf(object.labelId);
  const model = workspace.models.byId(object.modelId) ?? (object.state === "asked" ? workspace.asking.answering(object.labelId).model : undefined);
  const misfit = workspace.models.misfit(model);
  const box = boxOf(object);
  if (!objectType || !misfit || !box || read.includes(misfit.words)) return null;
  return <Chip workspace={workspace} objectType={objectType} misfit={misfit} box={box} />;
}

function Chip({ box, ...rest }: Props & { misfit: Misfit<Model>; box: Box }) {
  const { workspace, misfit } = rest;
  const chip = useRef<HTMLDivElement>(null);
  const { minX, minY, maxX, maxY } = box;
  // Written into the page directly: the view changes sixty times a second, and React need not know.
  useEffect(() => {
    const place = (view: View | null) => {
      if (view && chip.current) chip.current.style.transform = besideBox({ minX, minY, maxX, maxY }, view, chip.current);
    };
    place(workspace.view.get());
    return workspace.view.subscribe(place);
  }, [workspace, minX, minY, maxX, maxY]);
  return (
    <div ref={chip} className={styles.chip} role="note" aria-label="Not made for this slide">
      <TriangleAlert size={14} aria-hidden />
      <div>
        <p>{misfit.words}</p>
        <Offer {...rest} />
      </div>
      <ActionIcon
        size="xs"
        variant="transparent"
        c="inherit"
        aria-label="Do not repeat this beside objects of this slide"
        onClick={() => workspace.models.read.update((words) => [...words, misfit.words])}
      >
        <X size={14} />
      </ActionIcon>
    </div>
  );
}

/** Below the object; above it where there is no room; never out of sight as long as the object is in it. */
function besideBox({ minX, minY, maxX, maxY }: Box, view: View, chip: HTMLElement): string {
  const left = toScreen(view, minX, minY);
  const right = toScreen(view, maxX, maxY);
  const isOutside = right.x < 0 || right.y < 0 || left.x > view.width || left.y > view.height;
  if (isOutside) return "translate(-200vw, 0)";
  const below = right.y + GAP_PX;
  const above = left.y - GAP_PX - chip.offsetHeight;
  const y = below + chip.offsetHeight < view.height ? below : Math.max(GAP_PX, above);
  const x = Math.min(Math.max(left.x, GAP_PX), view.width - chip.offsetWidth - GAP_PX);
  return `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}

function boxOf({ shape, prompts }: SlideObject): Box | null {
  if (shape) return shape.box;
  const last = prompts.at(-1);
  if (!last) return null;
  const { x, y } = lastPointOf(last);
  return { minX: x, minY: y, maxX: x, maxY: y };
}

function useObjectInHand({ selection, store }: Workspace): SlideObject | undefined {
  const current = useSignal(selection.current);
  const selected = useSignal(selection.selected);
  const id = current ?? selected;
  const subscribe = useCallback((observer: () => void) => store.subscribe(observer), [store]);
  return useSyncExternalStore(subscribe, () => (id === null ? undefined : store.get(id)));
}

/** In the status bar, whatever the person has read already. */
export function MisfitMark({ workspace }: { workspace: Workspace }) {
  const labelId = useSignal(workspace.labels.chosen);
  useSignal(workspace.models.picked);
  useSignal(workspace.models.choices);
  const misfit = workspace.models.misfit(workspace.asking.answering(labelId).model);
  if (!misfit) return null;
  return (
    <span className={styles.mark} title={misfit.words}>
      <TriangleAlert size={12} aria-hidden /> {misfit.words}
    </span>
  );
}
