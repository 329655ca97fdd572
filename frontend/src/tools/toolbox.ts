/** All tools, and the one in use: what the pointer does on the slide goes to it. */
import { Signal } from "../store/signal";
import type { Aim } from "./aim";
import { AreaTool } from "./area";
import { ClickTool } from "./click";
import type { InHand } from "./in-hand";
import { MoveTool } from "./move";
import { PromptMover } from "./prompt-mover";
import { RepeatedClick } from "./repeated-click";
import { SquiggleTool } from "./squiggle";
import type { Stroke, Tool, ToolClick, ToolContext, ToolName, ToolPress } from "./tool";

export interface ToolboxOptions {
  /** Who may not, has the Move tool alone, and moves nothing with it. */
  readonly canEdit: boolean;
  /** Make the next object's label one that the tool can outline; false, and said why, where there is none. */
  fitLabel(name: ToolName): boolean;
  /** Give up the stroke that is being drawn; false when none is. */
  dropStroke(): boolean;
}

export class Toolbox {
  readonly inUse = new Signal<ToolName>("move");
  /** While true the tools do nothing, so that the hand can pan with any of them. */
  readonly panOnly = new Signal(false);
  readonly #tools: Record<ToolName, Tool>;
  readonly #repeated = new RepeatedClick();
  readonly #slide: ToolContext["slide"];
  readonly #options: ToolboxOptions;
  /** The Area tool is taken for one area: then this one goes on. */
  #before: ToolName = "move";

  constructor(context: ToolContext, inHand: InHand, options: ToolboxOptions) {
    const mover = new PromptMover(context, inHand);
    this.#tools = {
      move: new MoveTool(context, mover),
      click: new ClickTool(context, inHand, mover),
      squiggle: new SquiggleTool(context, inHand, mover),
      area: new AreaTool(context),
    };
    this.#slide = context.slide;
    this.#options = options;
  }

  use(name: ToolName): void {
    if (name !== "move" && (!this.#options.canEdit || !this.#options.fitLabel(name))) return;
    this.#options.dropStroke();
    this.#repeated.forget();
    this.#tool.cancel();
    if (name === "area" && this.inUse.get() !== "area") this.#before = this.inUse.get();
    this.inUse.set(name);
  }

  /** The area is marked, or shall not be; false when none was to be drawn. */
  leaveArea(): boolean {
    if (this.inUse.get() !== "area") return false;
    this.use(this.#before);
    return true;
  }

  click(click: ToolClick): void {
    const isMeant = !this.panOnly.get() && this.#isOnSlide(click) && !this.#repeated.repeats(click);
    if (isMeant) this.#tool.click(click);
  }

  /** What a click here would be about; null where it asks nothing. */
  aim(press: ToolPress): Aim | null {
    const isPlain = !press.shift && !press.alt && !press.ctrl;
    const mayAsk = isPlain && !this.panOnly.get() && this.#options.canEdit && this.#isOnSlide(press);
    return mayAsk ? this.#tool.aim(press) : null;
  }

  press(press: ToolPress): Stroke | null {
    return this.#mayDraw(press) ? this.#tool.press(press) : null;
  }

  isOverHandle(press: ToolPress): boolean {
    return this.#mayDraw(press) && this.#tool.isOverHandle(press);
  }

  /** The key that collects was let go. */
  shiftReleased(): void {
    this.#tool.shiftReleased();
  }

  /** Let go of the line that is being drawn, else of what the tool has collected, else of the Area tool; false without any. */
  letGo(): boolean {
    return this.#options.dropStroke() || this.#tool.cancel() || this.leaveArea();
  }

  get #tool(): Tool {
    return this.#tools[this.inUse.get()];
  }

  #mayDraw(press: ToolPress): boolean {
    return !this.panOnly.get() && this.#options.canEdit && this.#isOnSlide(press);
  }

  #isOnSlide({ x, y }: ToolPress): boolean {
    return x >= 0 && y >= 0 && x < this.#slide.width && y < this.#slide.height;
  }
}
