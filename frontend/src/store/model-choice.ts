/** Which model answers for each type of object: the server's choice by the slide's stain, unless the person picked another. */
import type { Choice, ObjectType, Stain } from "./messages";
import { recall, remember } from "./remembered";
import { Signal } from "./signal";

export interface Model {
  readonly id: number;
  readonly object_type: string;
  /** The server's words where the slide is not what the model was made for; else empty. */
  readonly warning: string;
}

/** Why a model's outlines are not to be trusted here, and the model that was made for such slides, if one was. */
export interface Misfit<M> {
  readonly words: string;
  readonly fitting: M | undefined;
}

type Picked = Partial<Record<ObjectType, number>>;

export class ModelChoice<M extends Model> {
  readonly stain: Signal<Stain>;
  readonly choices: Signal<readonly Choice[]>;
  /** What the person picked on this slide, for as long as the tab lives. */
  readonly picked: Signal<Picked>;
  #models: readonly M[];
  readonly #noticed = new Set<number>();
  /** Warnings that the person has read: beside objects of this slide they are not repeated while the tab lives. */
  readonly read: Signal<readonly string[]>;

  constructor(slide: { id: number; stain: Stain; choices: readonly Choice[]; models: readonly M[] }) {
    this.#models = slide.models;
    this.stain = new Signal(slide.stain);
    this.choices = new Signal(slide.choices);
    this.picked = new Signal(recall<Picked>("sessionStorage", pickedKey(slide.id), {}));
    this.read = new Signal(recall<readonly string[]>("sessionStorage", readKey(slide.id), []));
    this.read.subscribe((words) => remember("sessionStorage", readKey(slide.id), words));
    this.picked.subscribe((picked) => remember("sessionStorage", pickedKey(slide.id), picked));
  }

  /** All models for this type of object. */
  listFor(objectType: ObjectType): M[] {
    return this.#models.filter((model) => model.object_type === objectType);
  }

  /** The picked model's id, as a command names it; null: as the server chooses. */
  pickedFor(objectType: ObjectType): number | null {
    const id = this.picked.get()[objectType];
    return this.listFor(objectType).some((model) => model.id === id) ? id! : null;
  }

  pick(objectType: ObjectType, modelId: number | null): void {
    this.picked.update(({ [objectType]: _before, ...others }) =>
      modelId === null ? others : { ...others, [objectType]: modelId },
    );
  }

  /** Let this model answer: by itself where it does so without being picked. */
  choose(objectType: ObjectType, model: M): void {
    this.pick(objectType, this.automatic(objectType).model === model ? null : model.id);
  }

  /** null: the model was made for such slides, or there is none. */
  misfit(model: M | undefined): Misfit<M> | null {
    if (!model?.warning) return null;
    const choice = this.choices.get().find((each) => each.object_type === model.object_type);
    return { words: model.warning, fitting: this.byId(choice?.fitting_id ?? null) };
  }

  /** The model that answers, and in words why it and no other; without one, why not. */
  answering(objectType: ObjectType): { model: M | undefined; reason: string } {
    const picked = this.pickedFor(objectType);
    return picked === null ? this.automatic(objectType) : { model: this.byId(picked), reason: "You picked it for this slide." };
  }

  /** The same, had the person picked none. */
  automatic(objectType: ObjectType): { model: M | undefined; reason: string } {
    const choice = this.choices.get().find((each) => each.object_type === objectType);
    const model = this.byId(choice?.model_id ?? null);
    if (model) return { model, reason: choice!.reason };
    return { model: undefined, reason: choice?.reason || `No model for objects of the type ${objectType} is installed.` };
  }

  /** The server has chosen anew, for another stain. */
  stainChanged({ stain, ...anew }: { stain: Stain; models: readonly M[]; choices: readonly Choice[] }): void {
    this.stain.set(stain);
    this.renewed(anew);
  }

  /** Whether a version answered that is not listed, as one does that was promoted since; true once for each. */
  isNews(id: number | null): boolean {
    if (id === null || this.byId(id) || this.#noticed.has(id)) return false;
    this.#noticed.add(id);
    return true;
  }

  /** What the server has, and what it chooses, now. */
  renewed({ models, choices }: { models: readonly M[]; choices: readonly Choice[] }): void {
    this.#models = models;
    this.choices.set(choices);
  }

  byId(id: number | null): M | undefined {
    return this.#models.find((model) => model.id === id);
  }
}

const pickedKey = (slideId: number) => `squiggle.models.${slideId}`;
const readKey = (slideId: number) => `squiggle.warnings-read.${slideId}`;
