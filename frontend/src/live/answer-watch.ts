/** Watches the questions that have no answer yet, and says after three seconds, or when the server knows why, why not. */
import type { Heartbeat, ObjectsUpserted, Waiting } from "../store/messages";
import { Signal } from "../store/signal";

const PATIENCE_MS = 3_000;
const SLOW = "No answer yet. Your click is stored and will be answered.";
const UNSENT = "The server does not answer. Your click waits here and is sent as soon as it does.";
const NO_WORKER = "No model worker is running. Clicks are stored and answered when one is back.";

export class AnswerWatch {
  readonly worker = new Signal<Heartbeat["worker"] | null>(null);
  /** Why clicks are not answered just now, in words; null when all is well. */
  readonly reason = new Signal<string | null>(null);
  /** Open questions by object: since when, and the server's reason where it gave one. */
  readonly #open = new Map<string, { since: number; stored: boolean; reason: string | null }>();
  #trouble: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  asked(objectIds: Iterable<string>): void {
    for (const id of objectIds) this.#open.set(id, { since: performance.now(), stored: false, reason: null });
    this.#tell();
  }

  /** The server has them in its database. */
  stored(objectIds: Iterable<string>): void {
    for (const id of objectIds) {
      const question = this.#open.get(id);
      if (question) question.stored = true;
    }
    this.#tell();
  }

  applied(event: ObjectsUpserted): void {
    for (const view of event.objects) if (view.state !== "asked") this.#open.delete(view.object_id);
    this.#tell();
  }

  forget(objectIds: Iterable<string>): void {
    for (const id of objectIds) this.#open.delete(id);
    this.#tell();
  }

  waiting(event: Waiting): void {
    for (const id of event.object_ids) {
      const since = this.#open.get(id)?.since ?? performance.now();
      this.#open.set(id, { since, stored: true, reason: event.reason });
    }
    this.#tell();
  }

  heartbeat(event: Heartbeat): void {
    this.worker.set(event.worker);
    this.#trouble = event.trouble ?? null;
    this.#tell();
  }

  /** What the last heartbeat said is no longer known. */
  lineLost(): void {
    this.worker.set(null);
    this.#trouble = null;
    this.#tell();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    clearTimeout(this.#timer);
    const questions = [...this.#open.values()];
    const oldest = Math.min(...questions.map((question) => question.since));
    const left = oldest + PATIENCE_MS - performance.now();
    const reason = questions.find((question) => question.reason !== null)?.reason;
    if (this.#trouble) this.reason.set(this.#trouble);
    else if (reason) this.reason.set(reason);
    else if (this.worker.get() === "missing") this.reason.set(NO_WORKER);
    else if (left > 0) this.reason.set(null);
    else this.reason.set(questions.every((question) => question.stored) ? SLOW : UNSENT);
    if (questions.length > 0 && left > 0) this.#timer = setTimeout(() => this.#tell(), left + 1);
  }
}
