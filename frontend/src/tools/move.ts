/** The Move tool: dragging pans (the viewer does that), a click selects. */
import { selectAt } from "./select";
import type { Tool, ToolClick, ToolContext } from "./tool";

export class MoveTool implements Tool {
  readonly name = "move";
  readonly #context: ToolContext;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  click(click: ToolClick): void {
    selectAt(this.#context, click);
  }

  shiftReleased(): void {}

  cancel(): void {
    this.#context.selection.selected.set(null);
  }
}
