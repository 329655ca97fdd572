/** What a prompt asks: under which label, of which model, and by which gesture. */
import type { Labels } from "../store/labels";
import type { Model, ModelChoice } from "../store/model-choice";
import type { ObjectStore } from "../store/objects";
import type { Question } from "./tool";

const NO_LABEL = "This project has no label yet: an administrator adds the first one.";

export interface AskingContext<M extends Model> {
  readonly labels: Labels;
  readonly models: ModelChoice<M>;
  readonly store: ObjectStore;
  segment(questions: readonly Question[], labelId: number, modelId: number | null): void;
  say(words: string): void;
}

export class Asking<M extends Model> {
  readonly #context: AskingContext<M>;

  constructor(context: AskingContext<M>) {
    this.#context = context;
  }

  /** The model that answers for a label, and why it; without one, why not. */
  answering(labelId: number | null): { model: M | undefined; reason: string } {
    const type = this.#context.labels.typeOf(labelId);
    return type ? this.#context.models.answering(type) : { model: undefined, reason: NO_LABEL };
  }

  ask(questions: readonly Question[]): void {
    const { labels, models, segment } = this.#context;
    const labelId = this.labelFor(questions.length === 1 ? questions[0]!.objectId : null);
    const type = labels.typeOf(labelId);
    if (labelId !== null && type) segment(questions, labelId, models.pickedFor(type));
  }

  /** Says why not, where nothing can be asked. */
  canAsk(objectId: string | null): boolean {
    const { model, reason } = this.answering(this.labelFor(objectId));
    if (!model) this.#context.say(reason);
    return model !== undefined;
  }

  /** A correction keeps its object's label, whatever is chosen for the next object. */
  labelFor(objectId: string | null): number | null {
    const object = objectId === null ? undefined : this.#context.store.get(objectId);
    return object?.labelId ?? this.#context.labels.chosen.get();
  }
}
