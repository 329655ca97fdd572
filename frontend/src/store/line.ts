/** Lines that a person draws: how far a point lies from one, and the fewest points that still draw it. Level-0 pixels. */

export type Line = readonly (readonly [number, number])[];

/** The distance of a point to a line; to a line of one point, the distance of two points. */
export function distanceToLine(line: Line, x: number, y: number): number {
  let squared = Infinity;
  for (let i = 0; i < line.length; i++) {
    squared = Math.min(squared, squaredDistance(line[Math.max(0, i - 1)]!, line[i]!, x, y));
  }
  return Math.sqrt(squared);
}

/** The search for the farthest point looks at so many points at once, so that no scribble takes quadratic time. */
const SPAN_POINTS = 256;

/**
 * The points that are needed so that no left-out one lies farther than `tolerance` from the line (Douglas and Peucker
 * 1973), at most `most`: what a hand drew for minutes is told more coarsely rather than refused.
 */
export function simplify(line: Line, tolerance: number, most: number): [number, number][] {
  let kept = keep(line, tolerance);
  for (let coarser = 2 * tolerance; kept.length > most; coarser *= 2) kept = keep(kept, coarser);
  return kept;
}

function keep(line: Line, tolerance: number): [number, number][] {
  const isKept = new Uint8Array(line.length);
  const spans: [number, number][] = [];
  for (let first = 0; first < line.length; first += SPAN_POINTS) {
    const last = Math.min(first + SPAN_POINTS, line.length - 1);
    isKept[first] = isKept[last] = 1;
    spans.push([first, last]);
  }
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [first, last] = span;
    const farthest = farthestBetween(line, first, last);
    if (farthest.distance <= tolerance) continue;
    isKept[farthest.at] = 1;
    spans.push([first, farthest.at], [farthest.at, last]);
  }
  return line.filter((_, i) => isKept[i]).map(([x, y]) => [x, y]);
}

function farthestBetween(line: Line, first: number, last: number): { at: number; distance: number } {
  let at = first;
  let squared = -1;
  for (let i = first + 1; i < last; i++) {
    const [x, y] = line[i]!;
    const here = squaredDistance(line[first]!, line[last]!, x, y);
    if (here > squared) [at, squared] = [i, here];
  }
  return { at, distance: squared < 0 ? 0 : Math.sqrt(squared) };
}

/** From a point to the segment a–b. */
export function squaredDistance(a: readonly [number, number], b: readonly [number, number], x: number, y: number): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / length));
  return (x - a[0] - along * dx) ** 2 + (y - a[1] - along * dy) ** 2;
}
