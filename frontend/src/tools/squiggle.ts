/**
 * The Squiggle tool: draw a line inside the object. Another line that begins inside the object in hand, or on its ink,
 * extends it; with Alt it takes a part away; elsewhere it takes leave of it and begins the next.
 */
import { simplify, type Line } from "../store/line";
import type { Squiggle } from "../store/messages";
import { distanceTo, MAX_SQUIGGLE_POINTS } from "../store/prompts";
import { containsPoint } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import type { InHand } from "./in-hand";
import type { PromptMover } from "./prompt-mover";
import { selectAt } from "./select";
import type { Stroke, Tool, ToolClick, ToolContext, ToolPress } from "./tool";

/** A line that begins within so many screen pixels of the object's ink belongs to it. */
const INK_REACH_PX = 12;
/** No left-out point lies farther than this from the line that is sent: screen pixels. */
const TOLERANCE_PX = 0.5;

export class SquiggleTool implements Tool {
  readonly name = "squiggle";
  readonly #context: ToolContext;
  readonly #inHand: InHand;
  readonly #mover: PromptMover;

  constructor(context: ToolContext, inHand: InHand, mover: PromptMover) {
    this.#context = context;
    this.#inHand = inHand;
    this.#mover = mover;
  }

  /** A tap: takes another proposal in hand, else it is a line of one point. */
  click(click: ToolClick): void {
    if (click.ctrl) return selectAt(this.#context, click);
    const other = this.#context.store.at(click.x, click.y);
    const isOther = !click.alt && other?.state === "proposed" && !this.#belongs(this.#inHand.get(), click);
    if (isOther) this.#inHand.goOnTo(other);
    else this.#drawn(click, this.#target(click), [[click.x, click.y]], click.pointerUp);
  }

  /** A press on a line draws on from there, so only clicks can be moved with this tool. */
  press(press: ToolPress): Stroke | null {
    if (press.ctrl) return null;
    return this.#mover.press(press, (prompt) => prompt.kind === "click") ?? this.#draw(press);
  }

  isOverHandle(press: ToolPress): boolean {
    return this.#mover.find(press, (prompt) => prompt.kind === "click") !== null;
  }

  shiftReleased(): void {}

  cancel(): boolean {
    return false;
  }

  #draw(press: ToolPress): Stroke {
    const { ink } = this.#context.selection;
    const target = this.#target(press);
    const points: [number, number][] = [[press.x, press.y]];
    const show = () => ink.set({ points, positive: !press.alt, objectId: target?.id ?? null });
    show();
    return {
      extend: (more: Line) => {
        for (const [x, y] of more) points.push([x, y]);
        show();
      },
      end: (pointerUp) => {
        try {
          this.#drawn(press, target, points, pointerUp);
        } finally {
          // Last, so that the object's own ink stands before the pen's goes; and also where the line could not be kept.
          ink.set(null);
        }
      },
      cancel: () => ink.set(null),
    };
  }

  #drawn(press: ToolPress, target: SlideObject | undefined, line: Line, pointerUp: number): void {
    const points = simplify(line, TOLERANCE_PX / press.scale, MAX_SQUIGGLE_POINTS);
    const prompt: Squiggle = { kind: "squiggle", points, positive: !press.alt };
    // While it was drawn an answer may have come, or somebody else may have taken the object away.
    const object = this.#inHand.get();
    if (object && object.id === target?.id) this.#inHand.correct(object, prompt, pointerUp);
    else if (press.alt) this.#context.say("An Alt-line takes a part away from the object in hand: draw a line inside an object first.");
    else this.#inHand.ask(prompt, pointerUp);
  }

  /** The object that a line beginning here corrects; none: a new one is meant. */
  #target(press: ToolPress): SlideObject | undefined {
    const object = this.#inHand.get();
    return press.alt || this.#belongs(object, press) ? object : undefined;
  }

  #belongs(object: SlideObject | undefined, { x, y, scale }: ToolPress): boolean {
    if (!object) return false;
    if (object.shape && containsPoint(object.shape, x, y)) return true;
    const isOpen = object.state !== "accepted";
    return isOpen && object.prompts.some((prompt) => prompt.positive && distanceTo(prompt, x, y) * scale <= INK_REACH_PX);
  }
}
