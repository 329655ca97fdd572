/**
 * The live layer: a Canvas 2D above the settled objects with what is just happening (asked, answered, proposed,
 * just accepted, selected, hovered). A click repaints only this.
 */
import type { Prompt } from "../store/messages";
import { lastPointOf } from "../store/prompts";
import { forEachRing, UNITS_PER_PX, type Shape } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import { toScreen, type View } from "../viewer/coordinates";
import { addCanvas, circle, clear, strokeCased } from "./canvas";
import { drawPrompt, drawQuestion } from "./prompt-marks";
import {
  CASING_ALPHA,
  CASING_PX,
  FADE_IN_MS,
  FAILED_COLOUR,
  OUTLINE_PX,
  PROPOSAL_DASH,
  PROPOSAL_FILL,
  PULSE_AFTER_MS,
  PULSE_PERIOD_MS,
  rgba,
  RING_RADIUS_PX,
} from "./style";

export interface LiveScene {
  readonly objects: readonly SlideObject[];
  readonly collected: readonly { x: number; y: number }[];
  /** Prompts that stand elsewhere than the store says, because the person drags one. */
  readonly moved: { readonly id: string; readonly prompts: readonly Prompt[] } | null;
  readonly currentId: string | null;
  readonly selectedId: string | null;
  readonly hoveredId: string | null;
  readonly fillOpacity: number;
  readonly colourOf: (labelId: number) => string;
}

type Emphasis = "none" | "hovered" | "selected";

export class LiveLayer {
  readonly #context: CanvasRenderingContext2D;
  readonly #scene: () => LiveScene;
  readonly #onPainted: () => void;
  readonly #lessMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
  /** performance.now() at which an object was asked or its outline first drawn */
  readonly #askedAt = new Map<string, number>();
  readonly #outlinedAt = new Map<string, { shape: Shape; at: number }>();
  #view: View | null = null;
  #visible = true;
  #frame = 0;
  #afterPaint = 0;
  #pulse: ReturnType<typeof setTimeout> | undefined;

  /** `scene` is read at each drawing; `onPainted` is called in the animation frame after it. */
  constructor(host: HTMLElement, scene: () => LiveScene, onPainted: () => void) {
    this.#context = addCanvas(host);
    this.#scene = scene;
    this.#onPainted = onPainted;
  }

  setView(view: View): void {
    this.#view = view;
    this.draw();
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.draw();
  }

  /** Paint now, so that the change stands on the screen with the next frame. */
  draw(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#pulse);
    this.#frame = 0;
    if (!this.#view) return;
    clear(this.#context, this.#view);
    const moves = this.#visible && this.#paint(this.#view, this.#scene());
    if (moves && !this.#lessMotion.matches) this.#frame = requestAnimationFrame(() => this.draw());
    this.#afterPaint ||= requestAnimationFrame(() => {
      this.#afterPaint = 0;
      this.#onPainted();
    });
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#pulse);
    cancelAnimationFrame(this.#afterPaint);
    this.#context.canvas.remove();
  }

  /** True while something moves (a pulse, a fade). */
  #paint(view: View, scene: LiveScene): boolean {
    let moves = false;
    for (const object of scene.objects) moves = this.#paintObject(view, scene, object) || moves;
    for (const { x, y } of scene.collected) {
      drawQuestion(this.#context, view, { kind: "click", x, y, positive: true }, "#ffffff", 1);
    }
    this.#forgetAll(scene);
    return moves;
  }

  #paintObject(view: View, scene: LiveScene, object: SlideObject): boolean {
    const colour = scene.colourOf(object.labelId);
    const isSelected = object.id === scene.selectedId;
    const isInHand = isSelected || object.id === scene.currentId;
    const emphasis = isSelected ? "selected" : object.id === scene.hoveredId ? "hovered" : "none";
    const fade = this.#fade(object);
    if (object.shape) {
      const isProposal = object.state !== "accepted";
      const fill = isProposal ? PROPOSAL_FILL : scene.fillOpacity;
      this.#context.globalAlpha = object.state === "asked" ? 0.6 : fade;
      this.#outline(view, object.shape, colour, fill, isProposal, emphasis);
      this.#context.globalAlpha = 1;
    }
    const prompts = scene.moved?.id === object.id ? scene.moved.prompts : object.prompts;
    const isWaiting = object.state === "asked" && this.#question(view, object, colour);
    if (isInHand) for (const prompt of prompts) drawPrompt(this.#context, view, prompt);
    if (object.state === "failed") this.#failure(view, object);
    return isWaiting || fade < 1;
  }

  #outline(view: View, shape: Shape, colour: string, fill: number, dashed: boolean, emphasis: Emphasis): void {
    const context = this.#context;
    const width = emphasis === "none" ? OUTLINE_PX : OUTLINE_PX + 1;
    const path = pathOf(view, shape);
    context.lineJoin = "round";
    context.fillStyle = rgba(colour, emphasis === "none" ? fill : Math.min(1, fill + 0.1));
    context.fill(path, "evenodd");
    context.setLineDash([]);
    context.strokeStyle = `rgba(0,0,0,${CASING_ALPHA})`;
    context.lineWidth = width + 2 * CASING_PX;
    context.stroke(path);
    if (emphasis === "selected") {
      context.strokeStyle = "#ffffff";
      context.stroke(path);
    }
    context.setLineDash(dashed ? PROPOSAL_DASH : []);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke(path);
    context.setLineDash([]);
  }

  /** A ring at the latest click, or ink along all lines; it pulses once the answer takes noticeably long. */
  #question(view: View, object: SlideObject, colour: string): boolean {
    const since = this.#askedAt.get(object.id) ?? performance.now();
    this.#askedAt.set(object.id, since);
    const waited = performance.now() - since - PULSE_AFTER_MS;
    const phase = waited > 0 ? (waited / PULSE_PERIOD_MS) * 2 * Math.PI : 0;
    const grow = this.#lessMotion.matches ? 1 : 1 + 0.25 * Math.sin(phase);
    for (const prompt of object.prompts) {
      if (prompt.kind === "click" && prompt !== object.prompts.at(-1)) continue;
      const ink = prompt.positive || prompt.kind === "click" ? colour : FAILED_COLOUR;
      drawQuestion(this.#context, view, prompt, object.accepting ? "#ffffff" : ink, grow);
    }
    if (waited < 0) this.#pulse = setTimeout(() => this.draw(), -waited);
    return waited >= 0;
  }

  #failure(view: View, object: SlideObject): void {
    const prompt = object.prompts.at(-1);
    if (!prompt) return;
    const last = lastPointOf(prompt);
    const { x, y } = toScreen(view, last.x, last.y);
    const arm = RING_RADIUS_PX * 0.6;
    this.#context.beginPath();
    this.#context.moveTo(x - arm, y - arm);
    this.#context.lineTo(x + arm, y + arm);
    this.#context.moveTo(x + arm, y - arm);
    this.#context.lineTo(x - arm, y + arm);
    strokeCased(this.#context, FAILED_COLOUR, 2);
    circle(this.#context, x, y, RING_RADIUS_PX + 2);
    strokeCased(this.#context, FAILED_COLOUR, 1.5);
  }

  /** Opacity of a new outline: it comes in over FADE_IN_MS, starting visible. */
  #fade(object: SlideObject): number {
    if (!object.shape || object.state === "asked") return 1;
    const known = this.#outlinedAt.get(object.id);
    const now = performance.now();
    if (known?.shape !== object.shape) {
      const isNew = this.#askedAt.has(object.id);
      this.#askedAt.delete(object.id);
      this.#outlinedAt.set(object.id, { shape: object.shape, at: isNew ? now : -Infinity });
    }
    if (this.#lessMotion.matches) return 1;
    const age = now - this.#outlinedAt.get(object.id)!.at;
    return Math.min(1, 0.5 + age / FADE_IN_MS / 2);
  }

  #forgetAll(scene: LiveScene): void {
    if (this.#outlinedAt.size + this.#askedAt.size < 4 * (scene.objects.length + 64)) return;
    const kept = new Set(scene.objects.map((object) => object.id));
    for (const map of [this.#outlinedAt, this.#askedAt]) for (const id of map.keys()) if (!kept.has(id)) map.delete(id);
  }
}

function pathOf(view: View, shape: Shape): Path2D {
  const path = new Path2D();
  const scale = view.scale / UNITS_PER_PX;
  const x0 = view.originX * view.scale;
  const y0 = view.originY * view.scale;
  forEachRing(shape, (start, points) => {
    for (let i = start; i < start + 2 * points; i += 2) {
      const x = shape.coords[i]! * scale - x0;
      const y = shape.coords[i + 1]! * scale - y0;
      if (i === start) path.moveTo(x, y);
      else path.lineTo(x, y);
    }
    path.closePath();
  });
  return path;
}
