/** What lies under the resting pointer, and what a click there would do: the pointer's shape and the chip say it. */
import type { ObjectStore } from "../store/objects";
import type { Selection } from "../store/selection";
import { Signal } from "../store/signal";
import type { Aim } from "./aim";
import type { ToolPress } from "./tool";
import type { Toolbox } from "./toolbox";

export type NextClick = Aim["kind"];

type Tools = Pick<Toolbox, "aim" | "isOverHandle" | "inUse" | "panOnly">;

export class Pointing {
  /** What a click would do at the pointer; null where it asks nothing, or a key is held. */
  readonly nextClick = new Signal<NextClick | null>(null);
  /** A press would take hold of a prompt. */
  readonly isOverHandle = new Signal(false);
  readonly #store: ObjectStore;
  readonly #selection: Selection;
  readonly #tools: Tools;
  #pointer: ToolPress | null = null;

  constructor(store: ObjectStore, selection: Selection, tools: Tools) {
    this.#store = store;
    this.#selection = selection;
    this.#tools = tools;
    // All that changes under a resting pointer.
    store.subscribe(() => this.aimAnew());
    for (const signal of [selection.current, selection.selected]) signal.subscribe(() => this.aimAnew());
    tools.inUse.subscribe(() => this.#lookAnew());
    tools.panOnly.subscribe(() => this.#lookAnew());
  }

  /** null: it has left the slide. */
  moved(pointer: ToolPress | null): void {
    this.#pointer = pointer;
    this.#lookAnew();
  }

  aimAnew(): Aim | null {
    const aim = this.#pointer && this.#tools.aim(this.#pointer);
    this.nextClick.set(aim?.kind ?? null);
    return aim;
  }

  #lookAnew(): void {
    const pointer = this.#pointer;
    const aim = this.aimAnew();
    const under = pointer ? (this.#store.at(pointer.x, pointer.y)?.id ?? null) : null;
    this.#selection.hovered.set(aim && aim.kind !== "new" ? aim.object.id : under);
    this.isOverHandle.set(pointer !== null && this.#tools.isOverHandle(pointer));
  }
}
