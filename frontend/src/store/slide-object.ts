/** One annotation as the browser holds it: an ObjectView with its geometry packed. */
import type { AnyCommand, ObjectRef, ObjectState, ObjectView, Prompt } from "./messages";
import { shapeFromPolygons, type Shape } from "./shape";

export interface SlideObject {
  readonly id: string;
  readonly version: number;
  readonly turn: number;
  readonly state: ObjectState;
  readonly labelId: number;
  readonly shape: Shape | null;
  /** All prompts of the latest turn; empty where the packed snapshot left them out. */
  readonly prompts: readonly Prompt[];
  /** What the prompts started from. */
  readonly start: ObjectView["start"];
  /** Accepted objects that it is never accepted beside: accepting it takes their place. */
  readonly covers: readonly ObjectRef[];
  /** An accepted mask waits behind this correction: rejecting brings it back. */
  readonly correcting: boolean;
  /** The outline of that mask, where this browser has seen it. */
  readonly acceptedShape: Shape | null;
  readonly score: number | null;
  readonly modelId: number | null;
  readonly author: string;
  readonly accepting: boolean;
  readonly failure: string | null;
  /** When the server last changed it, ms since 1970; of what it has not stored yet: when it was asked for. */
  readonly changedAt: number;
}

/** A command that changes objects (all but catch_up). */
export type Change = Exclude<AnyCommand, { kind: "catch_up" }>;

export function objectFromView(view: ObjectView): SlideObject {
  return {
    id: view.object_id,
    version: view.version,
    turn: view.turn,
    state: view.state,
    labelId: view.label_id,
    shape: shapeFromPolygons(view.polygons),
    prompts: view.prompts,
    start: view.start,
    // An event that was stored by an earlier release names none.
    covers: view.covers ?? [],
    correcting: view.correcting,
    acceptedShape: null,
    score: view.score,
    modelId: view.model_id,
    author: view.author,
    accepting: view.accepting,
    failure: view.failure,
    changedAt: Date.parse(view.changed_at),
  };
}

export function objectIdsOf(change: Change): string[] {
  if (change.kind === "segment") return change.targets.map((target) => target.object_id);
  const ids = change.objects.map((object) => object.object_id);
  return change.kind === "accept" ? [...ids, ...replacedBy(change)] : ids;
}

/** The accepted objects whose place is taken. */
function replacedBy(change: Extract<Change, { kind: "accept" }>): string[] {
  return change.objects.flatMap((object) => (object.replaces ?? []).map((replaced) => replaced.object_id));
}

/** The object as the person means it to be once `change` is stored; undefined when there is nothing to change. */
export function afterChange(
  object: SlideObject | undefined,
  change: Change,
  id: string,
  author: string,
): SlideObject | undefined {
  if (change.kind === "segment") return afterSegment(object, change, id, author);
  if (object === undefined) return undefined;
  switch (change.kind) {
    case "accept":
      return replacedBy(change).includes(id) ? { ...object, state: "deleted" } : afterAccept(object);
    case "reject":
      return object.correcting ? withAcceptedMask(object) : { ...object, state: "rejected" };
    case "relabel":
      return { ...object, labelId: change.label_id };
    case "delete":
      return { ...object, state: "deleted" };
    case "restore":
      return { ...object, state: stateBeforeRemoval(object) };
  }
}

/** An answered proposal is accepted at once; an unanswered question waits, visibly, for its answer. */
function afterAccept(object: SlideObject): SlideObject {
  if (object.state === "proposed") return { ...object, state: "accepted", covers: [], correcting: false, acceptedShape: null };
  return object.state === "asked" ? { ...object, accepting: true } : object;
}

/** A correction given up. Its prompts go too; those of the accepted mask come with the server's word. */
function withAcceptedMask(object: SlideObject): SlideObject {
  const { acceptedShape, shape } = object;
  return { ...object, state: "accepted", shape: acceptedShape ?? shape, prompts: [], covers: [], correcting: false, acceptedShape: null };
}

function stateBeforeRemoval(object: SlideObject): ObjectState {
  if (object.state === "deleted") return "accepted";
  if (object.state === "rejected") return object.shape ? "proposed" : "failed";
  return object.state;
}

function afterSegment(
  object: SlideObject | undefined,
  change: Extract<Change, { kind: "segment" }>,
  id: string,
  author: string,
): SlideObject | undefined {
  const target = change.targets.find((candidate) => candidate.object_id === id);
  if (!target || (object && object.turn >= target.turn && object.version > 0)) return object;
  const fresh = {
    id, version: 0, shape: null, score: null, modelId: change.model_id, author, covers: [], correcting: false, acceptedShape: null,
    changedAt: Date.now(),
  };
  return {
    ...(object?.state === "accepted" ? { ...object, correcting: true, acceptedShape: object.shape } : (object ?? fresh)),
    turn: target.turn,
    state: "asked",
    labelId: change.label_id,
    prompts: target.prompts,
    start: target.start === "kept" ? "mask" : target.start,
    covers: [],
    accepting: false,
    failure: null,
  };
}
