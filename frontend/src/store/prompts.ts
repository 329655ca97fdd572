/** What is asked of a prompt, be it a click or a squiggle: where it is, how near, and what it is once moved. */
import { distanceToLine, type Line } from "./line";
import type { Point, Prompt } from "./messages";

/** inference/protocol.py MAX_PROMPTS and MAX_SQUIGGLE_POINTS */
export const MAX_PROMPTS = 64;
export const MAX_SQUIGGLE_POINTS = 2_000;

/** The prompt's points in the order in which they were drawn; a click has one. Level-0 px. */
export function pointsOf(prompt: Prompt): Line {
  return prompt.kind === "click" ? [[prompt.x, prompt.y]] : prompt.points;
}

/** Where the pointer was let go. */
export function lastPointOf(prompt: Prompt): Point {
  const [x, y] = pointsOf(prompt).at(-1)!;
  return { x, y };
}

export function distanceTo(prompt: Prompt, x: number, y: number): number {
  return distanceToLine(pointsOf(prompt), x, y);
}

/** The prompt moved by so many level-0 px, as far as it stays on the slide. */
export function shifted<P extends Prompt>(prompt: P, dx: number, dy: number, slide: { width: number; height: number }): P {
  const points = pointsOf(prompt);
  const right = shiftInside(points.map(([x]) => x), dx, slide.width);
  const down = shiftInside(points.map(([, y]) => y), dy, slide.height);
  if (prompt.kind === "click") return { ...prompt, x: prompt.x + right, y: prompt.y + down };
  return { ...prompt, points: points.map(([x, y]) => [x + right, y + down]) };
}

/** As much of `shift` as keeps all values within the first and the last pixel of `size`. */
function shiftInside(values: readonly number[], shift: number, size: number): number {
  const least = values.reduce((a, b) => Math.min(a, b));
  const most = values.reduce((a, b) => Math.max(a, b));
  return Math.max(-least, Math.min(size - 1 - most, shift));
}
