/** What a plain click, or a line that begins here, is about. One answer for the gesture and for the pointer that announces it. */
import type { Point } from "../store/messages";
import { distanceTo } from "../store/prompts";
import { containsPoint, isNearRim, longerSide } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import type { ToolContext, ToolPress } from "./tool";

export type Aim =
  /** A new object. */
  | { readonly kind: "new" }
  /** The object in hand: inside it, or so near to its rim or its prompts that no other can be meant. */
  | { readonly kind: "correct" | "extend"; readonly object: SlideObject }
  /** Another open object is taken in hand, an accepted one selected. */
  | { readonly kind: "take" | "select"; readonly object: SlideObject };

/** So near to the rim is still the object in hand: screen pixels, … */
const RIM_PX = 8;
/** … but no more than this share of its longer side, so that from far away its neighbours stay objects of their own. */
const RIM_SHARE = 0.2;
/** A line that begins within so many screen pixels of the object's ink belongs to it. */
const INK_REACH_PX = 12;
/** Until there is an outline, a click that is this near to another belongs to the same object. */
const CLICK_REACH_PX = 6;

export function aimAt(context: ToolContext, inHand: SlideObject | undefined, { x, y, scale }: ToolPress): Aim {
  const { store, selection, isOfChosenType } = context;
  // What was selected on purpose is in hand whatever it is; else the nuclei in a gland that is just proposed are meant.
  const isMeant = inHand !== undefined && (selection.selected.get() === inHand.id || isOfChosenType(inHand));
  const hand = isMeant ? inHand : undefined;
  if (hand?.shape && containsPoint(hand.shape, x, y)) return { kind: "correct", object: hand };
  const other = store.at(x, y, isOfChosenType);
  if (other && other.id !== hand?.id) return { kind: other.state === "accepted" ? "select" : "take", object: other };
  if (hand && isClose(hand, x, y, scale)) return { kind: "extend", object: hand };
  return { kind: "new" };
}

function isClose(object: SlideObject, x: number, y: number, scale: number): boolean {
  const { shape, prompts, state } = object;
  if (shape && isNearRim(shape, x, y, Math.min(RIM_PX / scale, RIM_SHARE * longerSide(shape)))) return true;
  // The prompts of an accepted object may lie anywhere by now.
  return state !== "accepted" && prompts.some((prompt) => {
    if (!prompt.positive) return false;
    if (prompt.kind === "click") return !shape && isSameClick(prompt, { x, y }, scale);
    return distanceTo(prompt, x, y) * scale <= INK_REACH_PX;
  });
}

/** So near to each other that both must be meant for the same object, of which there is no outline yet. */
export function isSameClick(one: Point, other: Point, scale: number): boolean {
  return Math.hypot(one.x - other.x, one.y - other.y) * scale <= CLICK_REACH_PX;
}
