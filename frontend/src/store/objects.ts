/**
 * All objects of the open slide that the browser knows: what the server confirmed, and on top of it what the person
 * has done since and the server has not yet confirmed. Observers get change sets with their origin.
 */
import type { ObjectView } from "./messages";
import { boxesMeet, type Box } from "./shape";
import { afterChange, objectFromView, objectIdsOf, type Change, type SlideObject } from "./slide-object";
import { smallestAt, SpatialIndex } from "./spatial-index";

export type Origin = "local" | "remote" | "snapshot";

export interface ObjectChange {
  readonly before: SlideObject | undefined;
  readonly after: SlideObject | undefined;
}

export interface ChangeSet {
  readonly origin: Origin;
  readonly changes: ReadonlyMap<string, ObjectChange>;
}

/** What one load of a box brought: everything accepted in `box` (up to a limit) and all live objects of the slide. */
export interface Snapshot {
  readonly seq: number;
  readonly box: Box;
  /** Accepted objects that meet the box, on the server … */
  readonly total: number;
  /** … and how many of them came. */
  readonly shown: number;
  readonly objects: readonly SlideObject[];
  readonly acceptedByLabel: ReadonlyMap<number, number>;
}

interface Intention {
  change: Change;
  /** The event number under which the server stored it, once acknowledged. */
  seq: number | null;
}

const LIVE_STATES = new Set(["asked", "failed", "proposed"]);

/** In these states an object is on the slide, so it can be seen and picked. */
export function isVisible(object: SlideObject): boolean {
  return object.state !== "rejected" && object.state !== "deleted";
}

export class ObjectStore {
  readonly #author: string;
  readonly #confirmed = new Map<string, SlideObject>();
  /** The event that last changed an object: a snapshot older than it must not undo it. */
  readonly #confirmedSeq = new Map<string, number>();
  readonly #current = new Map<string, SlideObject>();
  readonly #intentions = new Map<string, Intention[]>();
  readonly #index = new SpatialIndex();
  readonly #observers = new Set<(changes: ChangeSet) => void>();
  #appliedSeq = 0;

  constructor(author: string) {
    this.#author = author;
  }

  subscribe(observer: (changes: ChangeSet) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  get(id: string): SlideObject | undefined {
    return this.#current.get(id);
  }

  values(): IterableIterator<SlideObject> {
    return this.#current.values();
  }

  /** The version that the server last told, 0 when it never showed the object. */
  confirmedVersion(id: string): number {
    return this.#confirmed.get(id)?.version ?? 0;
  }

  inBox(box: Box): SlideObject[] {
    return this.#index.idsInBox(box).map((id) => this.#current.get(id)!);
  }

  /** The visible object under a level-0 point, of those that `may` be meant. */
  at(x: number, y: number, may: (object: SlideObject) => boolean = () => true): SlideObject | undefined {
    const here = this.inBox({ minX: x, minY: y, maxX: x, maxY: y });
    return smallestAt(here.filter((object) => isVisible(object) && may(object)), x, y);
  }

  /** Show at once what the person did; the outbox takes it to the server. */
  intend(change: Change): void {
    const ids = objectIdsOf(change);
    for (const id of ids) {
      const waiting = this.#intentions.get(id) ?? [];
      this.#intentions.set(id, [...waiting, { change, seq: null }]);
    }
    this.#recompute(ids, "local");
  }

  /** The server has stored it under `seq`: it stays on top until that event has been applied here. */
  acknowledge(change: Change, seq: number): void {
    for (const id of objectIdsOf(change)) {
      const intention = this.#intentions.get(id)?.find((each) => each.change.command_id === change.command_id);
      if (intention) intention.seq = seq;
    }
    this.#dropApplied(objectIdsOf(change), "local");
  }

  /** The same intention goes to the server under another command_id. */
  replace(before: Change, after: Change): void {
    for (const id of objectIdsOf(before)) {
      for (const each of this.#intentions.get(id) ?? []) {
        if (each.change.command_id === before.command_id) each.change = after;
      }
    }
  }

  /** The server refused it: show again what is confirmed. */
  withdraw(change: Change): void {
    const ids = objectIdsOf(change);
    for (const id of ids) {
      this.#keepIntentions(id, (each) => each.change.command_id !== change.command_id);
    }
    this.#recompute(ids, "local");
  }

  /** Apply event number `seq`; versions below the known ones are ignored. */
  upsert(views: readonly ObjectView[], seq: number, origin: Origin = "remote"): void {
    this.#appliedSeq = Math.max(this.#appliedSeq, seq);
    const ids = views.filter((view) => view.version >= this.confirmedVersion(view.object_id)).map((view) => {
      this.#confirm(objectFromView(view), seq);
      return view.object_id;
    });
    const settled = this.#pruneIntentions([...this.#intentions.keys()]);
    this.#recompute(new Set([...ids, ...settled]), origin);
  }

  /**
   * Merge a load: newer versions win; accepted objects that it does not name and that it would have named
   * (or that lie outside its box) are let go, unless a later event brought them.
   */
  merge(snapshot: Snapshot): void {
    this.#appliedSeq = Math.max(this.#appliedSeq, snapshot.seq);
    const touched = new Set<string>();
    const named = new Set<string>();
    for (const object of snapshot.objects) {
      named.add(object.id);
      const known = this.#confirmed.get(object.id);
      if (known && known.version >= object.version) continue;
      this.#confirm(object, snapshot.seq);
      touched.add(object.id);
    }
    for (const [id, object] of this.#confirmed) {
      if (named.has(id) || !isVisible(object) || this.#confirmedSeq.get(id)! > snapshot.seq) continue;
      this.#confirmed.delete(id);
      this.#confirmedSeq.delete(id);
      touched.add(id);
    }
    for (const id of this.#pruneIntentions([...this.#intentions.keys()])) touched.add(id);
    this.#recompute(touched, "snapshot");
  }

  /** The prompts of an object that a packed snapshot brought without them. */
  learnPrompts(view: ObjectView): void {
    const known = this.#confirmed.get(view.object_id);
    if (known?.version !== view.version) return;
    this.#confirmed.set(view.object_id, { ...known, prompts: view.prompts, start: view.start });
    this.#recompute([view.object_id], "remote");
  }

  /**
   * Forget what the server told (its numbering is lost to us); what the person did stays, but for what was stored: the
   * number that would end it may never come again, and the objects loaded next hold it.
   */
  reset(): void {
    const stored = [...this.#intentions.keys()].filter((id) => this.#keepIntentions(id, ({ seq }) => seq === null));
    const ids = new Set([...this.#confirmed.keys(), ...stored]);
    this.#confirmed.clear();
    this.#confirmedSeq.clear();
    this.#appliedSeq = 0;
    this.#recompute(ids, "snapshot");
  }

  #confirm(object: SlideObject, seq: number): void {
    const known = this.#confirmed.get(object.id);
    // While a correction is computed the old outline stays on the screen, even where the event leaves it out.
    const shape = object.shape ?? (object.state === "asked" && known ? known.shape : null);
    const accepted = known?.state === "accepted" ? known.shape : (known?.acceptedShape ?? null);
    this.#confirmed.set(object.id, { ...object, shape, acceptedShape: object.correcting ? accepted : null });
    this.#confirmedSeq.set(object.id, seq);
  }

  #dropApplied(ids: readonly string[], origin: Origin): void {
    this.#recompute(this.#pruneIntentions(ids), origin);
  }

  /** Remove intentions whose event has been applied; returns the objects that had one. */
  #pruneIntentions(ids: readonly string[]): string[] {
    return ids.filter((id) => this.#keepIntentions(id, ({ seq }) => seq === null || seq > this.#appliedSeq));
  }

  #keepIntentions(id: string, keep: (intention: Intention) => boolean): boolean {
    const waiting = this.#intentions.get(id) ?? [];
    const kept = waiting.filter(keep);
    if (kept.length === 0) this.#intentions.delete(id);
    else this.#intentions.set(id, kept);
    return kept.length < waiting.length;
  }

  #recompute(ids: Iterable<string>, origin: Origin): void {
    const changes = new Map<string, ObjectChange>();
    for (const id of ids) {
      const before = this.#current.get(id);
      const after = this.#withIntentions(id);
      if (before === after) continue;
      if (after) this.#current.set(id, after);
      else this.#current.delete(id);
      changes.set(id, { before, after });
    }
    if (changes.size === 0) return;
    this.#reindex(changes);
    for (const observer of [...this.#observers]) observer({ origin, changes });
  }

  #withIntentions(id: string): SlideObject | undefined {
    let object = this.#confirmed.get(id);
    for (const { change } of this.#intentions.get(id) ?? []) object = afterChange(object, change, id, this.#author);
    return object;
  }

  #reindex(changes: ReadonlyMap<string, ObjectChange>): void {
    const moved = [...changes].filter(([, { before, after }]) => before?.shape !== after?.shape);
    const added = moved.flatMap(([, { after }]) => (after ? [after] : []));
    this.#index.update(moved.map(([id]) => id), added);
  }
}

/** Objects that the live layer draws whatever the view: questions, failures and proposals. */
export function isLive(object: SlideObject): boolean {
  return LIVE_STATES.has(object.state);
}

/** An accepted object stays one of its label's while it is being corrected. */
export function countsAsAccepted(object: SlideObject): boolean {
  return object.state === "accepted" || (object.correcting && isLive(object));
}

export function acceptedInBox(store: ObjectStore, box: Box): number {
  let count = 0;
  for (const object of store.values()) {
    if (object.state === "accepted" && object.shape && boxesMeet(object.shape.box, box)) count += 1;
  }
  return count;
}
