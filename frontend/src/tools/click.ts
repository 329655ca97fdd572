/**
 * The Click tool: one click, one object. Its states: nothing in hand; an object in hand (a click inside or at its rim
 * corrects it, elsewhere takes leave of it); collecting points while Shift is held, each for a new object wherever it falls.
 */
import type { Prompt } from "../store/messages";
import { newId } from "../store/new-id";
import { aimAt, isSameClick, type Aim } from "./aim";
import type { InHand } from "./in-hand";
import type { PromptMover } from "./prompt-mover";
import { selectAt } from "./select";
import type { Stroke, Tool, ToolClick, ToolContext, ToolPress } from "./tool";

export class ClickTool implements Tool {
  readonly name = "click";
  readonly #context: ToolContext;
  readonly #inHand: InHand;
  readonly #mover: PromptMover;
  #collected: { id: string; x: number; y: number; pointerUp: number }[] = [];

  constructor(context: ToolContext, inHand: InHand, mover: PromptMover) {
    this.#context = context;
    this.#inHand = inHand;
    this.#mover = mover;
  }

  click(click: ToolClick): void {
    if (click.ctrl) return selectAt(this.#context, click);
    if (click.shift) return this.#collect(click);
    if (click.alt) {
      const object = this.#inHand.get();
      if (object) this.#inHand.correct(object, prompt(click, false), click.pointerUp);
      else this.#context.say("Alt-click takes a part away from the object in hand: click one first, or select one with Ctrl-click.");
      return;
    }
    this.#inHand.follow(this.aim(click), prompt(click, true), click.pointerUp);
  }

  aim(press: ToolPress): Aim {
    return aimAt(this.#context, this.#inHand.get(), press);
  }

  press(press: ToolPress): Stroke | null {
    return press.shift ? null : this.#mover.press(press, () => true);
  }

  isOverHandle(press: ToolPress): boolean {
    return this.#mover.find(press, () => true) !== null;
  }

  /** All collected points go as one batch; each object has its own life from here on. A single one is in hand. */
  shiftReleased(): void {
    const points = this.#collected;
    if (!this.cancel() || !this.#context.canAsk(null)) return;
    const before = this.#inHand.open();
    const { selected, current } = this.#context.selection;
    selected.set(null);
    current.set(points.length === 1 ? points[0]!.id : null);
    for (const { id, pointerUp } of points) this.#context.timeClick(id, 1, pointerUp);
    this.#context.intentions.segment(
      points.map(({ id, x, y }) => ({ objectId: id, turn: 1, prompts: [prompt({ x, y }, true)], start: "nothing" })),
    );
    this.#inHand.leave(before);
  }

  cancel(): boolean {
    const wasCollecting = this.#collected.length > 0;
    this.#collected = [];
    this.#context.selection.collected.set([]);
    return wasCollecting;
  }

  #collect({ x, y, scale, pointerUp }: ToolClick): void {
    if (this.#collected.some((point) => isSameClick(point, { x, y }, scale))) return;
    this.#collected = [...this.#collected, { id: newId(), x, y, pointerUp }];
    this.#context.selection.collected.set(this.#collected);
  }
}

function prompt({ x, y }: { x: number; y: number }, positive: boolean): Prompt {
  return { kind: "click", x, y, positive };
}
