/** The region in hand, or an area being marked: its border, and everything around it a little darker. */
import type { Box } from "../store/shape";
import { toScreen, type View } from "../viewer/coordinates";
import { addCanvas, clear, strokeCased } from "./canvas";
import { PROPOSAL_DASH, REGION_COLOUR, REGION_LINE_PX, REGION_SHADE } from "./style";

export class RegionFrame {
  readonly #context: CanvasRenderingContext2D;
  #view: View | null = null;
  #box: Box | null = null;
  #isDrawn = false;

  constructor(host: HTMLElement) {
    this.#context = addCanvas(host);
  }

  setView(view: View): void {
    this.#view = view;
    if (this.#box) this.#draw();
  }

  /** null: none is in hand. One that is drawn just now has a dashed border, as proposals do. */
  setBox(box: Box | null, isDrawn: boolean): void {
    this.#box = box;
    this.#isDrawn = isDrawn;
    this.#draw();
  }

  stop(): void {
    this.#context.canvas.remove();
  }

  #draw(): void {
    if (!this.#view) return;
    const context = this.#context;
    clear(context, this.#view);
    if (!this.#box) return;
    const { width, height } = this.#view;
    const { x, y } = toScreen(this.#view, this.#box.minX, this.#box.minY);
    const end = toScreen(this.#view, this.#box.maxX, this.#box.maxY);
    context.beginPath();
    context.rect(0, 0, width, height);
    context.rect(x, y, end.x - x, end.y - y);
    context.fillStyle = REGION_SHADE;
    context.fill("evenodd");
    context.beginPath();
    context.rect(x, y, end.x - x, end.y - y);
    context.setLineDash(this.#isDrawn ? PROPOSAL_DASH : []);
    strokeCased(context, REGION_COLOUR, REGION_LINE_PX);
  }
}
