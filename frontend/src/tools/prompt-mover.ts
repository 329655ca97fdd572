/** Drags a prompt of the object in hand to another place; where it is let go, the object is asked for anew. */
import type { Prompt } from "../store/messages";
import { distanceTo, shifted } from "../store/prompts";
import type { SlideObject } from "../store/slide-object";
import type { InHand } from "./in-hand";
import type { Stroke, ToolContext, ToolPress } from "./tool";

const REACH_PX = 8;
/** An object that is smaller on the screen is looked at from too far away to move its prompts by hand. */
const SMALLEST_OBJECT_PX = 24;
/** An object without outline can be taken hold of from this scale on: screen pixels for each level-0 pixel. */
const CLOSE_SCALE = 0.5;

interface Handle {
  readonly object: SlideObject;
  readonly index: number;
}

export class PromptMover {
  readonly #context: ToolContext;
  readonly #inHand: InHand;

  constructor(context: ToolContext, inHand: InHand) {
    this.#context = context;
    this.#inHand = inHand;
  }

  /** The nearest prompt under the pointer of those that `may` be moved. */
  find({ x, y, scale, ctrl }: ToolPress, may: (prompt: Prompt) => boolean): Handle | null {
    const object = this.#inHand.prompted();
    if (!object || ctrl || !isClose(object, scale)) return null;
    const distances = object.prompts.map((prompt) => (may(prompt) ? distanceTo(prompt, x, y) * scale : Infinity));
    const nearest = Math.min(...distances);
    return nearest <= REACH_PX ? { object, index: distances.indexOf(nearest) } : null;
  }

  press(press: ToolPress, may: (prompt: Prompt) => boolean): Stroke | null {
    const handle = this.find(press, may);
    return handle && this.#drag(handle, press);
  }

  #drag({ object, index }: Handle, from: ToolPress): Stroke {
    const { selection, slide } = this.#context;
    let prompts = object.prompts;
    const show = () => selection.moved.set({ id: object.id, prompts });
    return {
      extend: (points) => {
        const [x, y] = points.at(-1)!;
        const moved = shifted(object.prompts[index]!, x - from.x, y - from.y, slide);
      prompts = object.prompts.map((prompt, i) => (i === index ? moved : prompt));
        show();
      },
      end: (pointerUp) => {
        // An answer may have come meanwhile; or somebody else may have taken the object away.
        const now = this.#inHand.prompted();
        try {
          if (now?.id === object.id) this.#inHand.replacePrompts(now, prompts, pointerUp);
        } finally {
          selection.moved.set(null);
        }
      },
      cancel: () => selection.moved.set(null),
    };
  }
}

function isClose({ shape }: SlideObject, scale: number): boolean {
  if (!shape) return scale >= CLOSE_SCALE;
  const { box } = shape;
  return Math.max(box.maxX - box.minX, box.maxY - box.minY) * scale >= SMALLEST_OBJECT_PX;
}
