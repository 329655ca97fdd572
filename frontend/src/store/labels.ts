/** The project's labels: what each marks, and which one the next object takes. */
import type { components } from "../generated/schema";
import type { ObjectType } from "./messages";
import { Signal } from "./signal";

export type Label = components["schemas"]["Label"];

export class Labels {
  /** In the order in which they are listed; a project admin may change them while the slide is open. */
  readonly list: Signal<readonly Label[]>;
  /** The next object takes it. */
  readonly chosen: Signal<number | null>;

  constructor(all: readonly Label[]) {
    this.list = new Signal(all);
    this.chosen = new Signal(all[0]?.id ?? null);
  }

  get all(): readonly Label[] {
    return this.list.get();
  }

  /** The labels as they are now. Where the chosen one is gone, the next object takes the first that marks the same. */
  renewed(all: readonly Label[]): void {
    const type = this.chosenType();
    this.list.set(all);
    const chosen = this.chosen.get();
    if (chosen === null || !this.get(chosen)) this.chosen.set((type && this.firstOf(type)?.id) ?? all[0]?.id ?? null);
  }

  get(id: number): Label | undefined {
    return this.all.find((label) => label.id === id);
  }

  /** What the label marks; it decides the gesture and the model. */
  typeOf(id: number | null): ObjectType | undefined {
    return id === null ? undefined : this.get(id)?.object_type;
  }

  /** What there is a label for, in the labels' order. */
  get types(): ObjectType[] {
    return [...new Set(this.all.flatMap(({ object_type }) => object_type ?? []))];
  }

  chosenType(): ObjectType | undefined {
    return this.typeOf(this.chosen.get());
  }

  firstOf(type: ObjectType): Label | undefined {
    return this.all.find(({ object_type }) => object_type === type);
  }
}
