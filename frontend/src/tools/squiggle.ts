/**
 * The Squiggle tool: draw a line inside the object. Another line that begins inside the object in hand, at its rim or on its
 * ink extends it; with Alt it takes a part away; elsewhere it takes leave of it and begins the next. One that begins in an
 * accepted object selects that.
 */
import { simplify, type Line } from "../store/line";
import type { Squiggle } from "../store/messages";
import { isVisible } from "../store/objects";
import { MAX_SQUIGGLE_POINTS } from "../store/prompts";
import { aimAt, type Aim } from "./aim";
import type { InHand } from "./in-hand";
import type { PromptMover } from "./prompt-mover";
import { selectAt } from "./select";
import type { Stroke, Tool, ToolClick, ToolContext, ToolPress } from "./tool";

/** No left-out point lies farther than this from the line that is sent: screen pixels. */
const TOLERANCE_PX = 0.5;

const DRAWN_ON_ACCEPTED =
  "This one is accepted, and selected now: draw inside once more to correct it, or with Shift to outline another inside it.";

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
    this.#drawn(click, this.aim(click), [[click.x, click.y]], click.pointerUp);
  }

  /** With Shift a new object is meant, wherever the line begins. */
  aim(press: ToolPress): Aim {
    return press.shift ? { kind: "new" } : aimAt(this.#context, this.#inHand.get(), press);
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
    const aim = this.aim(press);
    const target = press.alt ? this.#inHand.get() : isOfInHand(aim) ? aim.object : undefined;
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
          this.#drawn(press, aim, points, pointerUp);
        } finally {
          // Last, so that the object's own ink stands before the pen's goes; and also where the line could not be kept.
          ink.set(null);
        }
      },
      cancel: () => ink.set(null),
    };
  }

  /** aim: what the line was about when it began. */
  #drawn(press: ToolPress, aim: Aim, line: Line, pointerUp: number): void {
    const points = simplify(line, TOLERANCE_PX / press.scale, MAX_SQUIGGLE_POINTS);
    const prompt: Squiggle = { kind: "squiggle", points, positive: !press.alt };
    const object = this.#inHand.get();
    if (press.alt) {
      if (object) this.#inHand.correct(object, prompt, pointerUp);
      else this.#context.say("An Alt-line takes a part away from the object in hand: draw a line inside an object first.");
      return;
    }
    // While it was drawn an answer may have come, or somebody else may have taken the object away.
    const now = aim.kind === "new" ? aim : this.#renewed(aim);
    const isTap = line.length === 1;
    if (now.kind === "select" && !isTap) this.#context.say(DRAWN_ON_ACCEPTED);
    this.#inHand.follow(now, prompt, pointerUp);
    if (now.kind === "take" && !isTap) this.#inHand.correct(now.object, prompt, pointerUp);
  }

  /** The aim at the object as it stands now; at a new one, where it is not on the slide any more. */
  #renewed({ kind, object }: Exclude<Aim, { kind: "new" }>): Aim {
    const now = isOfInHand({ kind, object }) ? this.#inHand.get() : this.#context.store.get(object.id);
    if (now?.id !== object.id || !isVisible(now)) return { kind: "new" };
    // Accepted meanwhile: nobody corrects that unasked.
    return { kind: kind === "take" && now.state === "accepted" ? "select" : kind, object: now };
  }
}

function isOfInHand(aim: Aim): aim is Extract<Aim, { kind: "correct" | "extend" }> {
  return aim.kind === "correct" || aim.kind === "extend";
}
