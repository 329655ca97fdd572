/** Sentences for the person that need no answer: refusals, conflicts, failures. They go away by themselves. */
import { Signal } from "./signal";

export interface Notice {
  readonly id: number;
  readonly tone: "info" | "warning" | "error";
  readonly words: string;
}

const LIFE_MS = 8_000;
const MOST_AT_ONCE = 4;

export class Notices {
  readonly shown = new Signal<readonly Notice[]>([]);
  #count = 0;

  say(tone: Notice["tone"], words: string): void {
    if (this.shown.get().some((notice) => notice.words === words)) return;
    const notice = { id: ++this.#count, tone, words };
    this.shown.update((notices) => [...notices, notice].slice(-MOST_AT_ONCE));
    setTimeout(() => this.dismiss(notice.id), LIFE_MS);
  }

  dismiss(id: number): void {
    this.shown.update((notices) => notices.filter((notice) => notice.id !== id));
  }
}
