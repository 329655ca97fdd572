/** How objects look: colours, widths and dashes, one place for both layers. Lengths are screen pixels. */

export const OUTLINE_PX = 1.5;
/** A dark rim on both sides of an outline, so that it reads on pink, blue and white tissue. */
export const CASING_PX = 1;
export const CASING_ALPHA = 0.55;
export const PROPOSAL_FILL = 0.12;
export const PROPOSAL_DASH = [5, 4];
export const RING_RADIUS_PX = 7;
export const PROMPT_RADIUS_PX = 3.5;
export const PROMPT_LINE_PX = 1.5;
/** A line that is being drawn, or has no answer yet. */
export const INK_PX = 3;
export const FADE_IN_MS = 120;
/** A question answered within this time needs no pulse. */
export const PULSE_AFTER_MS = 200;
export const PULSE_PERIOD_MS = 900;
export const FAILED_COLOUR = "#ff6b5e";
export const UNKNOWN_COLOUR = "#b8bcc2";
/** No label has it, so the frame is taken for no object's outline. */
export const REGION_COLOUR = "#ffffff";
export const REGION_LINE_PX = 2;
/** Over what lies around the region in hand. */
export const REGION_SHADE = "rgba(23,24,26,0.22)";

export type Rgb = readonly [number, number, number];

/** "#rrggbb" → [r, g, b], 0 to 255 */
export function rgbOf(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

export function rgba(hex: string, alpha: number): string {
  return `rgba(${rgbOf(hex).join(",")},${alpha})`;
}
