/**
 * The Click tool: one click, one object. Its states: nothing in hand; a proposal in hand (a click inside corrects it,
 * elsewhere takes leave of it); collecting points while Shift is held.
 */
import type { Prompt } from "../store/messages";
import { newId } from "../store/new-id";
import { containsPoint } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import { selectAt } from "./select";
import type { Tool, ToolClick, ToolContext } from "./tool";

/** inference/protocol.py MAX_PROMPTS */
const MAX_PROMPTS = 64;

export class ClickTool implements Tool {
  readonly name = "click";
  readonly #context: ToolContext;
  #collected: { id: string; x: number; y: number; pointerUp: number }[] = [];

  constructor(context: ToolContext) {
    this.#context = context;
  }

  click(click: ToolClick): void {
    if (click.ctrl) return selectAt(this.#context, click);
    if (click.shift) return this.#collect(click);
    const current = this.#current();
    if (click.alt) return this.#correct(current, click, false);
    if (current?.shape && containsPoint(current.shape, click.x, click.y)) return this.#correct(current, click, true);
    const other = this.#context.store.at(click.x, click.y);
    // The question goes first: the person waits for its answer, not for the acceptance to be stored.
    if (other?.state === "proposed") this.#takeInHand(other);
    else this.#ask(click);
    this.#takeLeave(current);
  }

  /** All collected points go as one batch; each object has its own life from here on. */
  shiftReleased(): void {
    if (this.#collected.length === 0) return;
    const points = this.#collected;
    this.#drop();
    const current = this.#current();
    this.#context.selection.current.set(null);
    for (const { id, pointerUp } of points) this.#context.timeClick(id, 1, pointerUp);
    this.#context.intentions.segment(
      points.map(({ id, x, y }) => ({ objectId: id, turn: 1, prompts: [prompt({ x, y }, true)] })),
    );
    this.#takeLeave(current);
  }

  cancel(): void {
    this.#drop();
    this.#context.selection.selected.set(null);
  }

  #collect({ x, y, pointerUp }: ToolClick): void {
    this.#collected = [...this.#collected, { id: newId(), x, y, pointerUp }];
    this.#context.selection.collected.set(this.#collected);
  }

  #drop(): void {
    this.#collected = [];
    this.#context.selection.collected.set([]);
  }

  #current(): SlideObject | undefined {
    const id = this.#context.selection.current.get();
    const object = id === null ? undefined : this.#context.store.get(id);
    return object && (object.state === "proposed" || object.state === "asked") ? object : undefined;
  }

  #ask(click: ToolClick): void {
    const objectId = newId();
    const { selection, intentions, timeClick } = this.#context;
    timeClick(objectId, 1, click.pointerUp);
    selection.selected.set(null);
    selection.current.set(objectId);
    intentions.segment([{ objectId, turn: 1, prompts: [prompt(click, true)] }]);
  }

  #correct(object: SlideObject | undefined, click: ToolClick, positive: boolean): void {
    const { say, timeClick, intentions } = this.#context;
    if (!object) return say("Alt-click takes a part away from the proposal in hand: click an object first.");
    if (object.prompts.length >= MAX_PROMPTS) return say(`An object takes at most ${MAX_PROMPTS} clicks.`);
    const turn = object.turn + 1;
    timeClick(object.id, turn, click.pointerUp);
    intentions.segment([{ objectId: object.id, turn, prompts: [...object.prompts, prompt(click, positive)] }]);
  }

  #takeInHand(object: SlideObject): void {
    this.#context.selection.current.set(object.id);
    this.#context.intentions.sighted(object.id);
  }

  #takeLeave(object: SlideObject | undefined): void {
    if (object && this.#context.acceptAsIGo()) this.#context.intentions.accept([object.id], "next_click");
  }
}

function prompt({ x, y }: { x: number; y: number }, positive: boolean): Prompt {
  return { kind: "click", x, y, positive };
}
