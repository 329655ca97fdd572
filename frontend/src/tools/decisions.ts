/** What the keys and the panel decide: accept, reject, delete, relabel, and the walk from proposal to proposal. */
import type { AcceptedBy } from "../store/messages";
import { lastPointOf } from "../store/prompts";
import type { ObjectStore } from "../store/objects";
import type { Selection } from "../store/selection";
import { measure } from "../store/shape";
import type { SlideObject } from "../store/slide-object";

/** Proposals are walked in rows of this height, from left to right: level-0 px. */
const ROW_PX = 256;

export interface DecisionContext {
  readonly store: ObjectStore;
  readonly selection: Selection;
  readonly intentions: {
    accept(ids: readonly string[], how: AcceptedBy): void;
    reject(ids: readonly string[]): void;
    delete(ids: readonly string[]): void;
    restore(ids: readonly string[]): void;
    relabel(ids: readonly string[], labelId: number): void;
    sighted(id: string): void;
  };
  say(words: string): void;
  /** Bring a level-0 point into view if it is outside. */
  show(point: { x: number; y: number }): void;
}

export class Decisions {
  readonly #context: DecisionContext;
  /** The person walks from proposal to proposal: a decision leads to the next one. */
  #isWalking = false;
  #walkedTo: string | null = null;

  constructor(context: DecisionContext) {
    this.#context = context;
    context.selection.current.subscribe((id) => {
      if (id === null || id !== this.#walkedTo) this.#isWalking = false;
    });
  }

  accept(): void {
    const id = this.#context.selection.current.get();
    if (id === null) return this.walk(1);
    this.#decide(id, () => this.#context.intentions.accept([id], "key"));
  }

  reject(): void {
    const { selection, store } = this.#context;
    const id = selection.current.get() ?? selection.selected.get() ?? this.#lastFailed();
    if (id && store.get(id)) this.#decide(id, () => this.#context.intentions.reject([id]));
  }

  delete(): void {
    const id = this.#context.selection.selected.get();
    if (id) this.#context.intentions.delete([id]);
  }

  /** Delete an accepted object, reject an open one. */
  remove(id: string): void {
    const { store, intentions } = this.#context;
    if (store.get(id)?.state === "accepted") intentions.delete([id]);
    else intentions.reject([id]);
  }

  restore(id: string): void {
    this.#context.intentions.restore([id]);
    this.focus(id);
  }

  /** All proposals; or these, of those that the list shows. */
  acceptAll(listed: readonly SlideObject[] = this.#proposals()): void {
    const proposed = listed.filter((object) => object.state === "proposed");
    const stay = proposed.filter((object) => object.covers.length > 0).length;
    if (stay > 0) this.#context.say(`${stay} of them cover${stay === 1 ? "s" : ""} accepted objects and stay${stay === 1 ? "s a proposal" : " proposals"}.`);
    this.#context.selection.current.set(null);
    this.#context.intentions.accept(proposed.map((object) => object.id), "batch");
  }

  /** Clear away the clicks for which no outline was found. */
  rejectFailed(failed: readonly SlideObject[]): void {
    this.#context.intentions.reject(failed.map((object) => object.id));
  }

  /** A selected object takes the label. */
  relabel(labelId: number): void {
    const id = this.#context.selection.selected.get();
    if (id) this.#context.intentions.relabel([id], labelId);
  }

  /** Take the next (1) or previous (−1) proposal in hand and show it. */
  walk(step: 1 | -1): void {
    const proposals = this.#proposals();
    if (proposals.length === 0) return;
    const at = proposals.findIndex((object) => object.id === this.#context.selection.current.get());
    const start = at < 0 && step < 0 ? 0 : at;
    const next = proposals[(start + step + proposals.length) % proposals.length]!;
    this.focus(next.id);
    this.#isWalking = true;
  }

  /** Select an object and bring it into view. */
  focus(id: string): void {
    const { selection, store, intentions, show } = this.#context;
    const object = store.get(id);
    if (!object) return;
    const isOpen = object.state === "proposed" || object.state === "asked";
    this.#walkedTo = isOpen ? id : null;
    selection.selected.set(id);
    selection.current.set(isOpen ? id : null);
    if (isOpen) intentions.sighted(id);
    const last = object.prompts.at(-1);
    if (object.shape) show(measure(object.shape).centroid);
    else if (last) show(lastPointOf(last));
  }

  #decide(id: string, act: () => void): void {
    const { selection } = this.#context;
    const goOn = this.#isWalking;
    const order = this.#proposals().map((object) => object.id);
    const next = order[(order.indexOf(id) + 1) % order.length];
    act();
    selection.current.set(null);
    if (selection.selected.get() === id) selection.selected.set(null);
    if (!goOn || next === undefined || next === id) return;
    this.focus(next);
    this.#isWalking = true;
  }

  /** Open proposals in reading order. */
  #proposals(): SlideObject[] {
    const open = [...this.#context.store.values()].filter((object) => object.state === "proposed" && object.shape);
    const row = (object: SlideObject) => Math.floor(object.shape!.box.minY / ROW_PX);
    return open.sort((a, b) => row(a) - row(b) || a.shape!.box.minX - b.shape!.box.minX);
  }

  #lastFailed(): string | undefined {
    return [...this.#context.store.values()].findLast((object) => object.state === "failed")?.id;
  }
}
