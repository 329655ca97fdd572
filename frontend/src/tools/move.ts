/** The Move tool: dragging pans (the viewer does that) or moves a prompt of the selected object, a click selects. */
import type { PromptMover } from "./prompt-mover";
import { selectAt } from "./select";
import type { Stroke, Tool, ToolClick, ToolContext, ToolPress } from "./tool";

export class MoveTool implements Tool {
  readonly name = "move";
  readonly #context: ToolContext;
  readonly #mover: PromptMover;

  constructor(context: ToolContext, mover: PromptMover) {
    this.#context = context;
    this.#mover = mover;
  }

  click(click: ToolClick): void {
    selectAt(this.#context, click);
  }

  press(press: ToolPress): Stroke | null {
    return this.#mover.press(press, () => true);
  }

  aim(): null {
    return null;
  }

  isOverHandle(press: ToolPress): boolean {
    return this.#mover.find(press, () => true) !== null;
  }

  shiftReleased(): void {}

  cancel(): boolean {
    return false;
  }
}
