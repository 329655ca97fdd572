/** The Area tool: drag a rectangle in which everything of one kind is labelled. It stands until it is marked as complete. */
import type { Box } from "../store/shape";
import type { Stroke, Tool, ToolContext, ToolPress } from "./tool";

export class AreaTool implements Tool {
  readonly name = "area";
  readonly #context: ToolContext;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  click(): void {
    this.#context.say("Drag from one corner of the area to the other.");
  }

  press(from: ToolPress): Stroke {
    const { area } = this.#context.selection;
    const before = area.get();
    return {
      extend: (points) => area.set(boxBetween([from.x, from.y], points.at(-1)!)),
      end: () => {
        if (isFlat(area.get())) area.set(before);
      },
      cancel: () => area.set(before),
    };
  }

  aim(): null {
    return null;
  }

  isOverHandle(): boolean {
    return false;
  }

  shiftReleased(): void {}

  cancel(): boolean {
    const { area } = this.#context.selection;
    const wasDrawn = area.get() !== null;
    area.set(null);
    return wasDrawn;
  }
}

function isFlat(box: Box | null): boolean {
  return box === null || box.minX === box.maxX || box.minY === box.maxY;
}

/** Whole pixels: a border that is drawn by hand is no finer. */
function boxBetween(one: readonly [number, number], other: readonly [number, number]): Box {
  const [x, y] = [0, 1].map((axis) => [one[axis]!, other[axis]!].map(Math.round)) as [number[], number[]];
  return { minX: Math.min(...x), minY: Math.min(...y), maxX: Math.max(...x), maxY: Math.max(...y) };
}
