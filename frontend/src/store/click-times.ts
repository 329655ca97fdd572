/** How long each click took from the pointer's release to the painted outline: read by the status bar and by benchmarks. */
import type { StepTimes } from "./messages";
import { Signal } from "./signal";

/** Times are performance.now() of this page, in milliseconds; null until that step has happened. */
export interface ClickTime {
  object_id: string;
  turn: number;
  pointerUp: number;
  sent: number | null;
  received: number | null;
  painted: number | null;
  times: StepTimes | null;
}

const KEPT = 2_000;

export class ClickTimes {
  readonly all: ClickTime[] = [];
  /** The last click whose outline stands on the screen. */
  readonly latest = new Signal<ClickTime | null>(null);

  start(objectId: string, turn: number, pointerUp: number): void {
    this.all.push({ object_id: objectId, turn, pointerUp, sent: null, received: null, painted: null, times: null });
    if (this.all.length > KEPT) this.all.splice(0, this.all.length - KEPT);
  }

  sent(objectId: string, turn: number): void {
    const click = this.#open(objectId, turn);
    if (click) click.sent ??= performance.now();
  }

  received(objectId: string, turn: number, times: StepTimes | null): void {
    const click = this.#open(objectId, turn);
    if (!click || click.received !== null) return;
    click.received = performance.now();
    click.times = times;
  }

  /** The outlines of all answered clicks stand on the canvas, in the frame that is being made now. */
  painted(): void {
    const now = performance.now();
    const done = this.all.filter((click) => click.received !== null && click.painted === null);
    for (const click of done) click.painted = now;
    const last = done.at(-1);
    if (last) this.latest.set({ ...last });
  }

  #open(objectId: string, turn: number): ClickTime | undefined {
    return this.all.findLast((click) => click.object_id === objectId && click.turn === turn);
  }
}
