/** A Canvas 2D above the slide, and the few figures that the layers draw on it. Lengths are screen pixels. */
import type { Line } from "../store/line";
import { toScreen, type View } from "../viewer/coordinates";
import { CASING_ALPHA, CASING_PX } from "./style";

export function addCanvas(host: HTMLElement): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.className = "overlay-canvas";
  host.append(canvas);
  return canvas.getContext("2d")!;
}

/** Size the canvas to the view in device pixels and clear it. */
export function clear(context: CanvasRenderingContext2D, view: View): void {
  const { canvas } = context;
  const ratio = window.devicePixelRatio;
  const width = Math.round(view.width * ratio);
  const height = Math.round(view.height * ratio);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, view.width, view.height);
}

export function circle(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
}

/** The current path as a line with a dark rim. */
export function strokeCased(context: CanvasRenderingContext2D, colour: string, width: number): void {
  context.strokeStyle = `rgba(0,0,0,${CASING_ALPHA})`;
  context.lineWidth = width + 2 * CASING_PX;
  context.stroke();
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

/** A drawn line; one of a single point is a dot as wide as the line. */
export function drawLine(
  context: CanvasRenderingContext2D, view: View, line: Line, colour: string, width: number,
): void {
  context.lineJoin = context.lineCap = "round";
  context.beginPath();
  for (const [i, [x, y]] of line.entries()) {
    const at = toScreen(view, x, y);
    if (i === 0) context.moveTo(at.x, at.y);
    // A line to the same place draws the round cap alone.
    if (i > 0 || line.length === 1) context.lineTo(at.x, at.y);
  }
  strokeCased(context, colour, width);
  context.lineCap = "butt";
}
