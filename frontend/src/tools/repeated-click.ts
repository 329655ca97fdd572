/** The second half of a double-click means nothing more than the first. Two clicks at two places are two clicks, however quick. */
import type { ToolClick } from "./tool";

/** What desktops take for a double-click: half a second from one to the next … */
const WITHIN_MS = 500;
/** … at the same place, in screen pixels: a pen trembles, and a finger is broad. */
const REACH_PX: Record<ToolClick["pointer"], number> = { mouse: 5, pen: 10, touch: 20 };

export class RepeatedClick {
  #last: ToolClick | null = null;

  /** Is this click the one before it once more? A third and fourth are as well. */
  repeats(click: ToolClick): boolean {
    const last = this.#last;
    this.#last = click;
    return last !== null && isQuick(last, click) && isSameGesture(last, click) && isSamePlace(last, click);
  }

  /** What comes next stands for itself. */
  forget(): void {
    this.#last = null;
  }
}

function isQuick(last: ToolClick, click: ToolClick): boolean {
  return click.pointerUp - last.pointerUp <= WITHIN_MS;
}

/** Select with Ctrl, then correct without: quick, but two intentions. */
function isSameGesture(last: ToolClick, click: ToolClick): boolean {
  return (["pointer", "shift", "alt", "ctrl"] as const).every((name) => last[name] === click[name]);
}

function isSamePlace(last: ToolClick, click: ToolClick): boolean {
  return Math.hypot(click.x - last.x, click.y - last.y) * click.scale <= REACH_PX[click.pointer];
}
