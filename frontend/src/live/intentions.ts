/** What a person can mean, as commands: each is shown at once by the store and carried to the server by the outbox. */
import type { AcceptedBy, Prompt, SegmentTarget, Start } from "../store/messages";
import { newId } from "../store/new-id";
import type { ObjectStore } from "../store/objects";
import type { Change, SlideObject } from "../store/slide-object";

/** inference/protocol.py MAX_TARGETS and live/messages.py MAX_OBJECTS */
const MAX_TARGETS = 64;
const MAX_OBJECTS = 1_000;
/** Longer thoughts than a day are not thoughts. */
const MAX_ELAPSED_MS = 86_400_000;

export interface Question {
  readonly objectId: string;
  readonly turn: number;
  readonly prompts: readonly Prompt[];
  readonly start: Start;
}

export class Intentions {
  readonly #store: ObjectStore;
  readonly #carry: (change: Change) => void;
  /** performance.now() of each object's first prompt, or of the first sight of the proposal. */
  readonly #begun = new Map<string, number>();

  constructor(store: ObjectStore, carry: (change: Change) => void) {
    this.#store = store;
    this.#carry = carry;
  }

  /** Ask for masks; several objects go as one batch. */
  segment(questions: readonly Question[], labelId: number, modelId: number | null): void {
    for (const { objectId } of questions) this.sighted(objectId);
    for (const part of chunks(questions, MAX_TARGETS)) {
      const targets = part.map(({ objectId, turn, prompts, start }): SegmentTarget => {
        const base_version = this.#store.confirmedVersion(objectId);
        return { object_id: objectId, turn, prompts: [...prompts], start, base_version };
      });
      this.#do({ kind: "segment", command_id: newId(), label_id: labelId, model_id: modelId, targets });
    }
  }

  /**
   * Proposals become accepted; those unanswered wait for their answer. Others are left alone. By key, the person sees what
   * a proposal covers, and it takes the place of that; by any other way such a proposal stays.
   */
  accept(ids: readonly string[], how: AcceptedBy): void {
    const objects = this.#known(ids).filter(
      (object) =>
        (object.state === "proposed" && (how === "key" || object.covers.length === 0)) ||
        (object.state === "asked" && !object.accepting),
    );
    for (const part of chunks(objects, MAX_OBJECTS)) {
      const refs = part.map((object) => ({ ...this.#ref(object), turn: object.turn, replaces: [...object.covers] }));
      this.#do({ kind: "accept", command_id: newId(), objects: refs, how, elapsed_ms: this.#elapsed(part) });
      // A later correction is a decision of its own.
      for (const { id } of part) this.#begun.delete(id);
    }
  }

  reject(ids: readonly string[]): void {
    const objects = this.#known(ids).filter((object) => ["asked", "failed", "proposed"].includes(object.state));
    for (const part of chunks(objects, MAX_OBJECTS)) {
      const elapsed = this.#elapsed(part);
      const refs = part.map((object) => this.#ref(object));
      this.#do({ kind: "reject", command_id: newId(), objects: refs, elapsed_ms: elapsed });
    }
  }

  relabel(ids: readonly string[], labelId: number): void {
    const objects = this.#known(ids).filter((object) => object.labelId !== labelId);
    for (const part of chunks(objects, MAX_OBJECTS)) {
      const refs = part.map((object) => this.#ref(object));
      this.#do({ kind: "relabel", command_id: newId(), objects: refs, label_id: labelId });
    }
  }

  delete(ids: readonly string[]): void {
    this.#simple("delete", ids, ["accepted"]);
  }

  restore(ids: readonly string[]): void {
    this.#simple("restore", ids, ["rejected", "deleted"]);
  }

  /** The person has seen the proposal: the decision's clock starts unless it runs. */
  sighted(id: string): void {
    if (!this.#begun.has(id)) this.#begun.set(id, performance.now());
  }

  #simple(kind: "delete" | "restore", ids: readonly string[], states: readonly string[]): void {
    const objects = this.#known(ids).filter((object) => states.includes(object.state));
    for (const part of chunks(objects, MAX_OBJECTS)) {
      this.#do({ kind, command_id: newId(), objects: part.map((object) => this.#ref(object)) });
    }
  }

  #do(change: Change): void {
    this.#store.intend(change);
    this.#carry(change);
  }

  #known(ids: readonly string[]): SlideObject[] {
    return ids.flatMap((id) => this.#store.get(id) ?? []);
  }

  #ref(object: SlideObject): { object_id: string; base_version: number } {
    return { object_id: object.id, base_version: this.#store.confirmedVersion(object.id) };
  }

  /** One decision, one time: that of the object which has waited longest. */
  #elapsed(objects: readonly SlideObject[]): number | null {
    const starts = objects.flatMap((object) => this.#begun.get(object.id) ?? []);
    if (starts.length === 0) return null;
    return Math.min(performance.now() - Math.min(...starts), MAX_ELAPSED_MS);
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
