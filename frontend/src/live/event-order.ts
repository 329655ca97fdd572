/** Brings a slide's numbered events into order: drops repeats, keeps early ones, and asks for those that are missing. */
import type { ObjectsUpserted } from "../store/messages";

/** A missing event is asked for again after this long without it. */
const ASK_AGAIN_MS = 2_000;
/** Events overtake each other on their way: what is missing for less than this is not asked for. */
const GAP_PATIENCE_MS = 100;

export class EventOrder {
  readonly #apply: (event: ObjectsUpserted) => void;
  readonly #askSince: (seq: number) => void;
  readonly #early = new Map<number, ObjectsUpserted>();
  /** The last event applied; null until a snapshot gave the first number. */
  #last: number | null = null;
  #askedAt = -Infinity;
  #asking: ReturnType<typeof setTimeout> | undefined;

  constructor(apply: (event: ObjectsUpserted) => void, askSince: (seq: number) => void) {
    this.#apply = apply;
    this.#askSince = askSince;
  }

  get last(): number {
    return this.#last ?? 0;
  }

  /** The first snapshot holds everything up to `seq`; later snapshots do not move the numbering. */
  startAt(seq: number): void {
    this.#last ??= seq;
    this.#applyReady();
  }

  restart(): void {
    this.stop();
    this.#last = null;
    this.#early.clear();
  }

  stop(): void {
    clearTimeout(this.#asking);
    this.#asking = undefined;
  }

  receive(event: ObjectsUpserted): void {
    if (this.#last !== null && event.seq <= this.#last) return;
    this.#early.set(event.seq, event);
    this.#applyReady();
    if (this.#last !== null && this.#early.size > 0) this.#askSoon(() => this.#early.size > 0);
  }

  /** The server's last number is `seq`: if some are missing here, ask. */
  noticeSeq(seq: number): void {
    if (this.#last !== null && seq > this.#last) this.#askSoon(() => seq > this.last);
  }

  /** Ask now for all that came after the last applied event (after each connect). */
  catchUp(): void {
    if (this.#last === null) return;
    this.#askedAt = performance.now();
    this.#askSince(this.#last);
  }

  /** In a moment, or a while after the last asking; again for as long as something is missing. */
  #askSoon(isMissing: () => boolean): void {
    if (this.#asking !== undefined) return;
    const ask = () => {
      this.#asking = undefined;
      if (!isMissing()) return;
      this.catchUp();
      this.#asking = setTimeout(ask, ASK_AGAIN_MS);
    };
    const wait = this.#askedAt + ASK_AGAIN_MS - performance.now();
    this.#asking = setTimeout(ask, Math.max(wait, GAP_PATIENCE_MS));
  }

  #applyReady(): void {
    if (this.#last === null) return;
    for (const seq of [...this.#early.keys()].filter((seq) => seq <= this.#last!)) this.#early.delete(seq);
    for (let next = this.#early.get(this.#last + 1); next; next = this.#early.get(this.#last + 1)) {
      this.#early.delete(next.seq);
      this.#last = next.seq;
      this.#apply(next);
    }
  }
}
