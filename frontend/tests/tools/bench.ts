/** Tools on a real store, with what they asked, accepted and said written down. */
import { ObjectStore } from "../../src/store/objects";
import { Selection } from "../../src/store/selection";
import { InHand } from "../../src/tools/in-hand";
import { PromptMover } from "../../src/tools/prompt-mover";
import type { Question, Stroke, Tool, ToolClick, ToolContext } from "../../src/tools/tool";
import { view } from "../objects";

type Keys = Partial<Pick<ToolClick, "shift" | "alt" | "ctrl">>;

/** Labels of glands; all others mark nuclei. */
const GLANDS = new Set([3]);

/** A click at scale 1, so that a screen pixel is a level-0 pixel. */
export const at = (x: number, y: number, keys: Keys = {}): ToolClick => ({
  x,
  y,
  shift: false,
  alt: false,
  ctrl: false,
  pointer: "mouse",
  scale: 1,
  pointerUp: 5,
  ...keys,
});

export class Bench {
  readonly store = new ObjectStore("ann");
  readonly selection = new Selection();
  readonly asked: (readonly Question[])[] = [];
  readonly accepted: [string[], string][] = [];
  readonly said: string[] = [];
  chosenLabel = 1;
  acceptAsIGo = true;
  hasModel = true;
  readonly context: ToolContext = {
    store: this.store,
    selection: this.selection,
    slide: { width: 1000, height: 800 },
    intentions: {
      segment: (questions) => this.asked.push(questions),
      accept: (ids, how) => this.accepted.push([[...ids], how]),
      sighted: () => undefined,
    },
    isOfChosenType: ({ labelId }) => GLANDS.has(labelId) === GLANDS.has(this.chosenLabel),
    acceptAsIGo: () => this.acceptAsIGo,
    canAsk: () => this.hasModel,
    timeClick: () => undefined,
    say: (words) => this.said.push(words),
  };
  readonly inHand = new InHand(this.context);
  readonly mover = new PromptMover(this.context, this.inHand);

  get lastQuestion(): Question {
    return this.asked.at(-1)![0]!;
  }

  /** The latest question, answered with the square of 20 px at 100, 100. */
  answer(changes: Parameters<typeof view>[1] = {}): string {
    const { objectId, turn, prompts, start } = this.lastQuestion;
    const kept = start === "kept" ? "mask" : start;
    this.store.upsert([view(objectId, { turn, prompts: [...prompts], start: kept, ...changes })], this.asked.length);
    return objectId;
  }

  /** An accepted object at 100, 100, selected. */
  selectAccepted(id = "done"): void {
    this.store.upsert([view(id, { state: "accepted" })], 1);
    this.selection.selected.set(id);
  }
}

/** Press, go through the points and let go; returns whether the tool took the press. */
export function drag(tool: Pick<Tool, "press">, points: readonly [number, number][], keys: Keys = {}): boolean {
  const [[x, y], ...rest] = points as [[number, number], ...[number, number][]];
  const stroke: Stroke | null = tool.press(at(x, y, keys));
  for (const point of rest) stroke?.extend([point]);
  stroke?.end(9);
  return stroke !== null;
}
