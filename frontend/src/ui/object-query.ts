/** Which objects the panel lists, and in which order: what a person chose, and the list that follows from it. */
import type { Label } from "../store/labels";
import { measure } from "../store/shape";
import type { SlideObject } from "../store/slide-object";

export type ObjectFilter = "open" | "accepted" | "trash";
export type ObjectSort = "newest" | "doubt" | "largest" | "smallest" | "label";

/** Everything that a person may choose; the text alone is not kept. */
export interface ObjectQuery {
  readonly filter: ObjectFilter;
  readonly sort: ObjectSort;
  /** Of this label alone; null: of any. */
  readonly labelId: number | null;
  /** Made by this account alone, or outlined by this model. */
  readonly by: By | null;
  readonly text: string;
}

export type By = { readonly author: string } | { readonly modelId: number };

/** What the words of an object are looked up in. */
export interface Names {
  label(id: number): Label | undefined;
  model(id: number | null): string | undefined;
}

export const FIRST_QUERY: ObjectQuery = { filter: "open", sort: "newest", labelId: null, by: null, text: "" };

const STATES: Record<ObjectFilter, readonly string[]> = {
  open: ["asked", "failed", "proposed"],
  accepted: ["accepted"],
  trash: ["rejected", "deleted"],
};

/** The objects to list, in order. `names` gives what is searched for words. */
export function listObjects(objects: Iterable<SlideObject>, query: ObjectQuery, names: Names): SlideObject[] {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  const listed = [...objects].filter(
    (object) =>
      STATES[query.filter].includes(object.state) &&
      (query.labelId === null || object.labelId === query.labelId) &&
      isBy(object, query.by) &&
      holdsAll(object, words, names),
  );
  return sortObjects(listed, query.sort, names);
}

/** All in these states, whatever else is asked for. */
export function countOfFilter(objects: Iterable<SlideObject>, filter: ObjectFilter): number {
  let count = 0;
  for (const { state } of objects) if (STATES[filter].includes(state)) count += 1;
  return count;
}

/** How many of the filters beside the state are set. */
export function countFilters({ labelId, by, text }: ObjectQuery): number {
  return [labelId !== null, by !== null, text.trim() !== ""].filter(Boolean).length;
}

export function withoutFilters(query: ObjectQuery): ObjectQuery {
  return { ...query, labelId: null, by: null, text: "" };
}

function isBy({ author, modelId }: SlideObject, by: By | null): boolean {
  return by === null || ("author" in by ? author === by.author : modelId === by.modelId);
}

function holdsAll(object: SlideObject, words: readonly string[], names: Names): boolean {
  if (words.length === 0) return true;
  const text = [names.label(object.labelId)?.name, object.author, names.model(object.modelId), object.failure];
  const found = text.filter(Boolean).join(" ").toLowerCase();
  return words.every((word) => found.includes(word));
}

/** Equal ones the newest first. */
function sortObjects(objects: readonly SlideObject[], sort: ObjectSort, names: Names): SlideObject[] {
  const keys: Record<ObjectSort, (object: SlideObject) => number | string> = {
    newest: () => 0,
    // What has no score was drawn or imported: nobody doubts it.
    doubt: ({ score }) => score ?? 2,
    largest: (object) => -areaOf(object),
    smallest: areaOf,
    label: ({ labelId }) => names.label(labelId)?.name.toLowerCase() ?? "\uffff",
  };
  const rows = objects.map((object, place) => ({ object, place, key: keys[sort](object) }));
  rows.sort((a, b) => compare(a.key, b.key) || b.object.changedAt - a.object.changedAt || b.place - a.place);
  return rows.map(({ object }) => object);
}

const areaOf = ({ shape }: SlideObject): number => (shape ? measure(shape).areaPx : 0);

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
