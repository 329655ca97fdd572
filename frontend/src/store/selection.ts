/** What the person's attention is on: the proposal that the next click may correct, the selected and the hovered object. */
import type { Line } from "./line";
import type { Prompt } from "./messages";
import type { Box } from "./shape";
import { Signal } from "./signal";

/** The line that is being drawn, level-0 px. */
export interface Ink {
  readonly points: Line;
  readonly positive: boolean;
  /** The object that it corrects; null: a new one. */
  readonly objectId: string | null;
}

export class Selection {
  /** The proposal in hand: a click inside corrects it, Enter accepts it, a click elsewhere takes leave of it. */
  readonly current = new Signal<string | null>(null);
  /** Chosen on purpose: Delete and the label keys act on it. */
  readonly selected = new Signal<string | null>(null);
  readonly hovered = new Signal<string | null>(null);
  /** Points collected while Shift is held, level-0 px. */
  readonly collected = new Signal<readonly { id: string; x: number; y: number }[]>([]);
  readonly ink = new Signal<Ink | null>(null);
  /** A rectangle that the person draws, or has drawn, to mark it as complete. */
  readonly area = new Signal<Box | null>(null);
  /** An object's prompts as they stand while one of them is dragged. */
  readonly moved = new Signal<{ readonly id: string; readonly prompts: readonly Prompt[] } | null>(null);

  /** Let go of objects that are no longer on the slide. */
  forget(ids: Iterable<string>): void {
    for (const id of ids) {
      for (const signal of [this.current, this.selected, this.hovered]) if (signal.get() === id) signal.set(null);
    }
  }
}
