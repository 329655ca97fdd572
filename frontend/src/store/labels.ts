/** The project's labels: what each marks, and which one the next object takes. */
import type { components } from "../generated/schema";
import type { ObjectType } from "./messages";
import { Signal } from "./signal";

export type Label = components["schemas"]["Label"];

export class Labels {
  readonly all: readonly Label[];
  /** The next object takes it. */
  readonly chosen: Signal<number | null>;

  constructor(all: readonly Label[]) {
    this.all = all;
    this.chosen = new Signal(all[0]?.id ?? null);
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
