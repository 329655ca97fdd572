/** Asks for something again and again while it is still changing and somebody looks at it. */

export interface Polled<T> {
  load: () => Promise<T>;
  /** Whether this value is going to change by itself. */
  isOpen: (value: T) => boolean;
  /** Whether somebody looks. */
  isSeen: () => boolean;
  onValue: (value: T) => void;
  /** The values told before stay true as far as anybody knows. */
  onFailure: (error: unknown) => void;
}

export const POLL_MS = 2_000;

export class Poller<T> {
  readonly #polled: Polled<T>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;
  #isStopped = false;
  /** Counts the questions: an answer that a later one overtook is dropped. */
  #asked = 0;

  constructor(polled: Polled<T>) {
    this.#polled = polled;
  }

  /** Ask now: at the beginning, and after something was done that changes the answer. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    const question = ++this.#asked;
    try {
      const value = await this.#polled.load();
      if (this.#isOvertaken(question)) return;
      this.#isOpen = this.#polled.isOpen(value);
      this.#polled.onValue(value);
    } catch (error) {
      if (this.#isOvertaken(question)) return;
      this.#polled.onFailure(error);
    }
    this.#askLater();
  }

  /** Somebody looks again: what was missed meanwhile is asked at once. */
  seenAgain(): void {
    if (!this.#isStopped) void this.ask();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #askLater(): void {
    if (this.#isOpen && this.#polled.isSeen()) this.#timer = setTimeout(() => void this.ask(), POLL_MS);
  }

  #isOvertaken(question: number): boolean {
    return this.#isStopped || question !== this.#asked;
  }
}
