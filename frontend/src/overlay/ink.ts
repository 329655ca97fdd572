/** The line that is being drawn: a canvas of its own, so that each point costs one short line and nothing else. */
import type { Ink } from "../store/selection";
import type { View } from "../viewer/coordinates";
import { addCanvas, clear, drawLine } from "./canvas";
import { FAILED_COLOUR, INK_PX } from "./style";

export class InkLayer {
  readonly #context: CanvasRenderingContext2D;
  #view: View | null = null;
  #ink: Ink | null = null;
  #colour = "";

  constructor(host: HTMLElement) {
    this.#context = addCanvas(host);
  }

  setView(view: View): void {
    this.#view = view;
    if (this.#ink) this.#draw();
  }

  /** Paint now, so that the line stands on the screen with the next frame. */
  setInk(ink: Ink | null, colour: string): void {
    this.#ink = ink;
    this.#colour = colour;
    this.#draw();
  }

  stop(): void {
    this.#context.canvas.remove();
  }

  #draw(): void {
    if (!this.#view) return;
    clear(this.#context, this.#view);
    if (!this.#ink) return;
    const { points, positive } = this.#ink;
    drawLine(this.#context, this.#view, points, positive ? this.#colour : FAILED_COLOUR, INK_PX);
  }
}
