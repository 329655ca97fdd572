/** Screen ↔ level-0 pixels, nowhere else. Screen pixels are CSS pixels from the viewer's upper left corner. */

/** What of the slide is on the screen: screen = (level0 − origin) · scale. */
export interface View {
  /** screen pixels for each level-0 pixel */
  readonly scale: number;
  /** level-0 coordinates of the viewer's upper left corner */
  readonly originX: number;
  readonly originY: number;
  readonly width: number;
  readonly height: number;
}

export function toScreen(view: View, x: number, y: number): { x: number; y: number } {
  return { x: (x - view.originX) * view.scale, y: (y - view.originY) * view.scale };
}

export function toLevel0(view: View, screenX: number, screenY: number): { x: number; y: number } {
  return { x: view.originX + screenX / view.scale, y: view.originY + screenY / view.scale };
}

/** The nearest point on the slide's pixels. */
export function clampToSlide(slide: { width: number; height: number }, x: number, y: number): { x: number; y: number } {
  return { x: Math.max(0, Math.min(slide.width - 1, x)), y: Math.max(0, Math.min(slide.height - 1, y)) };
}

export function boxOfView(view: View): { minX: number; minY: number; maxX: number; maxY: number } {
  const end = toLevel0(view, view.width, view.height);
  return { minX: view.originX, minY: view.originY, maxX: end.x, maxY: end.y };
}

/** The objective's magnification that this view corresponds to: 10 µm/px is 1×, so 0.25 µm/px at full size is 40×. */
export function magnification(view: View, mpp: number): number {
  return (10 / mpp) * view.scale;
}

/** A round length in µm whose bar is at most `maxPx` screen pixels long, and its length. */
export function scaleBar(view: View, mpp: number, maxPx: number): { um: number; px: number } {
  const pxPerUm = view.scale / mpp;
  const longest = maxPx / pxPerUm;
  const decade = 10 ** Math.floor(Math.log10(longest));
  const um = [5, 2, 1].map((step) => step * decade).find((length) => length <= longest) ?? decade;
  return { um, px: um * pxPerUm };
}
