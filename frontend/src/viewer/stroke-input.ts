/**
 * The way of a pressed pointer, before OpenSeadragon hears of it: whoever takes a press gets every point until the
 * release, wherever the pointer goes; nobody takes it, and the view pans. OpenSeadragon hears of all fingers, because two
 * of them pan and pinch whatever the first one drew; who has a pen rests the hand and pans with fingers.
 */
import { clampToSlide, toLevel0, type View } from "./coordinates";

/** A press that moves no farther, in screen pixels, is a click. */
export const CLICK_SLOP_PX = 5;
/** A finger is broader than a pointer, and rolls. */
export const TAP_SLOP_PX = 12;

export interface PointerPress {
  /** level-0 px */
  readonly x: number;
  readonly y: number;
  readonly shift: boolean;
  readonly alt: boolean;
  readonly ctrl: boolean;
  readonly pointer: "mouse" | "pen" | "touch";
  /** screen pixels for each level-0 pixel */
  readonly scale: number;
}

export interface PointerStroke {
  /** level-0 px, on the slide */
  extend(points: readonly (readonly [number, number])[]): void;
  end(pointerUp: number): void;
  cancel(): void;
}

export interface StrokeEvents {
  view(): View;
  /** False for what floats above the slide, as the overview map. */
  isOnSlide(target: Node): boolean;
  onPress(press: PointerPress): PointerStroke | null;
  onClick(press: PointerPress, pointerUp: number): void;
}

interface Drawing {
  readonly pointerId: number;
  readonly isFinger: boolean;
  readonly press: PointerPress;
  readonly clientX: number;
  readonly clientY: number;
  /** null once it was dropped: the pointer is still down, and means nothing. */
  stroke: PointerStroke | null;
  hasMoved: boolean;
}

export class StrokeInput {
  readonly #element: HTMLElement;
  readonly #slide: { width: number; height: number };
  readonly #events: StrokeEvents;
  readonly #listening = new AbortController();
  #drawing: Drawing | null = null;
  readonly #fingers = new Set<number>();
  #hasPen = false;
  #ownsTouch = false;
  /** The only finger's press that no tool took, for as long as it stays there: lifted, it is a click. */
  #tap: { press: PointerPress; clientX: number; clientY: number } | null = null;

  constructor(element: HTMLElement, slide: { width: number; height: number }, events: StrokeEvents) {
    this.#element = element;
    this.#slide = slide;
    this.#events = events;
    // In the capture phase of the outer element, so that OpenSeadragon sees only what is left to it.
    const options = { capture: true, signal: this.#listening.signal };
    element.addEventListener("pointerdown", (event) => this.#pressed(event), options);
    element.addEventListener("pointermove", (event) => this.#moved(event), options);
    element.addEventListener("pointerup", (event) => this.#released(event), options);
    element.addEventListener("pointercancel", (event) => this.#lost(event), options);
    element.addEventListener("lostpointercapture", (event) => this.#lost(event), options);
  }

  /** Give up what is being drawn; false when nothing is. */
  drop(): boolean {
    const stroke = this.#drawing?.stroke;
    if (!this.#drawing || !stroke) return false;
    this.#drawing.stroke = null;
    stroke.cancel();
    return true;
  }

  /** The finger on the slide, or the one that was lifted last, was a stroke's: OpenSeadragon shall make nothing of it. */
  get ownsTouch(): boolean {
    return this.#ownsTouch;
  }

  stop(): void {
    this.drop();
    this.#listening.abort();
  }

  #pressed(event: PointerEvent): void {
    const isFinger = event.pointerType === "touch";
    this.#hasPen ||= event.pointerType === "pen";
    if (isFinger && !this.#isOnlyFinger(event)) return;
    if (this.#drawing) {
      // Another button, or a mouse beside the pen: it would pan under the line.
      if (!isFinger) event.stopPropagation();
      return;
    }
    if (event.button !== 0 || !this.#events.isOnSlide(event.target as Node)) return;
    const view = this.#events.view();
    const { left, top } = this.#element.getBoundingClientRect();
    const place = toLevel0(view, event.clientX - left, event.clientY - top);
    const press = { ...place, ...keysOf(event), scale: view.scale };
    const { pointerId, clientX, clientY } = event;
    const stroke = isFinger && this.#hasPen ? null : this.#events.onPress(press);
    if (isFinger && !stroke) this.#tap = { press, clientX, clientY };
    if (!stroke) return;
    this.#drawing = { pointerId, isFinger, press, clientX, clientY, stroke, hasMoved: false };
    this.#ownsTouch = isFinger;
    if (isFinger) return;
    event.stopPropagation();
    this.#element.setPointerCapture(event.pointerId);
  }

  /** False for the second finger, with which the first one's line was not meant. */
  #isOnlyFinger(event: PointerEvent): boolean {
    this.#fingers.add(event.pointerId);
    this.#ownsTouch = false;
    this.#tap = null;
    if (this.#fingers.size === 1) return true;
    if (this.#drawing?.isFinger) {
      this.drop();
      this.#drawing = null;
    }
    return false;
  }

  #moved(event: PointerEvent): void {
    const tap = event.pointerType === "touch" ? this.#tap : null;
    if (tap && Math.hypot(event.clientX - tap.clientX, event.clientY - tap.clientY) > TAP_SLOP_PX) this.#tap = null;
    const drawing = this.#take(event);
    if (!drawing?.stroke) return;
    // Let go where the page did not hear of it, as beside a dialog: the line would follow a pointer that is up.
    if (event.buttons === 0) return this.#lost(event);
    const distance = Math.hypot(event.clientX - drawing.clientX, event.clientY - drawing.clientY);
    drawing.hasMoved ||= distance > (drawing.isFinger ? TAP_SLOP_PX : CLICK_SLOP_PX);
    drawing.stroke.extend(this.#pointsOf(event));
  }

  #released(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    const drawing = this.#take(event);
    if (event.pointerType === "touch" && this.#tap) this.#events.onClick(this.#tap.press, event.timeStamp);
    this.#tap = null;
    if (!drawing) return;
    this.#drawing = null;
    if (drawing.hasMoved) drawing.stroke?.end(event.timeStamp);
    else if (drawing.stroke) {
      drawing.stroke.cancel();
      this.#events.onClick(drawing.press, event.timeStamp);
    }
  }

  /** The system took the pointer away, for a gesture of its own: what was drawn until then was not meant. */
  #lost(event: PointerEvent): void {
    if (event.type === "pointercancel") {
      this.#fingers.delete(event.pointerId);
      this.#tap = null;
    }
    // A finger is captured by OpenSeadragon, not here.
    if ((event.type === "lostpointercapture" && this.#drawing?.isFinger) || !this.#take(event)) return;
    this.drop();
    this.#drawing = null;
  }

  /** The drawing that this event belongs to: nobody else hears of it, but of a finger's. */
  #take(event: PointerEvent): Drawing | null {
    if (event.pointerId !== this.#drawing?.pointerId) return null;
    if (!this.#drawing.isFinger) event.stopPropagation();
    return this.#drawing;
  }

  /** All places of the pointer since the last frame, which the browser tells in one event. */
  #pointsOf(event: PointerEvent): [number, number][] {
    const view = this.#events.view();
    const { left, top } = this.#element.getBoundingClientRect();
    const places = event.getCoalescedEvents();
    return (places.length > 0 ? places : [event]).map(({ clientX, clientY }) => {
      const place = toLevel0(view, clientX - left, clientY - top);
      const { x, y } = clampToSlide(this.#slide, place.x, place.y);
      return [x, y];
    });
  }
}

/** What presses, and the keys that are held meanwhile. */
export function keysOf(event: PointerEvent): Pick<PointerPress, "shift" | "alt" | "ctrl" | "pointer"> {
  const pointer = event.pointerType === "pen" || event.pointerType === "touch" ? event.pointerType : "mouse";
  // Windows tells AltGr as Ctrl and Alt at once: it is an Alt, and no Ctrl.
  const altGr = event.getModifierState("AltGraph");
  return { shift: event.shiftKey, alt: event.altKey || altGr, ctrl: (event.ctrlKey && !altGr) || event.metaKey, pointer };
}
