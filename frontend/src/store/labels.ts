/** The project's labels: what each marks, and which one the next object takes. */
import type { components } from "../generated/schema";
import { gestureFor, typesOf } from "./gestures";
import type { ObjectType } from "./messages";
import { Signal } from "./signal";

export type Label = components["schemas"]["Label"];

export class Labels {
  /** In the order in which they are listed; a project admin may change them while the slide is open. */
  readonly list: Signal<readonly Label[]>;
  /** The next object takes it. */
  readonly chosen: Signal<number | null>;
  /** The last chosen first. */
  #recent: readonly number[] = [];

  constructor(all: readonly Label[]) {
    this.list = new Signal(all);
    this.chosen = new Signal(this.offered[0]?.id ?? null);
    this.chosen.subscribe((id) => {
      if (id !== null) this.#recent = [id, ...this.#recent.filter((each) => each !== id)];
    });
  }

  get all(): readonly Label[] {
    return this.list.get();
  }

  /** Those that a tool can outline objects for; the others only name what was accepted before. */
  get offered(): readonly Label[] {
    return this.all.filter(({ object_type }) => gestureFor(object_type) !== undefined);
  }

  /** The labels as they are now. Where the chosen one is not offered any more, the next object takes the first that marks the same. */
  renewed(all: readonly Label[]): void {
    const type = this.chosenType();
    this.list.set(all);
    const chosen = this.chosen.get();
    if (chosen !== null && this.isOffered(chosen)) return;
    this.chosen.set((type && this.firstOf(type)?.id) ?? this.offered[0]?.id ?? null);
  }

  get(id: number): Label | undefined {
    return this.all.find((label) => label.id === id);
  }

  isOffered(id: number): boolean {
    return this.offered.some((label) => label.id === id);
  }

  /** What the label marks; it decides the gesture and the model. */
  typeOf(id: number | null): ObjectType | undefined {
    return id === null ? undefined : this.get(id)?.object_type;
  }

  /** What can be outlined and has a label, in the labels' order. */
  get types(): ObjectType[] {
    return [...new Set(this.offered.flatMap(({ object_type }) => object_type ?? []))];
  }

  chosenType(): ObjectType | undefined {
    return this.typeOf(this.chosen.get());
  }

  firstOf(type: ObjectType): Label | undefined {
    return this.all.find(({ object_type }) => object_type === type);
  }

  /** The label that goes with a tool: the chosen one if it fits, else the last chosen that does, else the first. */
  forTool(tool: string): Label | undefined {
    const types = typesOf(tool);
    const fitting = this.offered.filter(({ object_type }) => object_type && types.includes(object_type));
    const byId = (id: number | null) => fitting.find((label) => label.id === id);
    const last = this.#recent.find((id) => byId(id));
    return byId(this.chosen.get()) ?? byId(last ?? null) ?? fitting[0];
  }
}
