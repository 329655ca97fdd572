/** How well a person knows each tool: its hints go after some accepted objects, and come back when they are asked for. */
import { kept } from "./kept";
import type { Signal } from "./signal";

const LEARNT_AFTER = 5;

export class Hints {
  /** Objects accepted with each tool so far. */
  readonly practised: Signal<Readonly<Record<string, number>>>;

  constructor() {
    // Of before each tool had hints of its own: whoever had learnt, had learnt to click.
    const click = kept("accepted-so-far", 0).get();
    this.practised = kept<Readonly<Record<string, number>>>("practised", { click });
  }

  /** None for a tool that the person knows. */
  practiceOf(tool: string): number | null {
    const count = this.practised.get()[tool] ?? 0;
    return count < LEARNT_AFTER ? count : null;
  }

  practise(tool: string, times: number): void {
    this.practised.update((counts) => ({ ...counts, [tool]: (counts[tool] ?? 0) + times }));
  }

  /** No more hints for this tool. */
  learn(tool: string): void {
    if (this.practiceOf(tool) !== null) this.practise(tool, LEARNT_AFTER);
  }

  bringBack(): void {
    this.practised.set({});
  }
}
