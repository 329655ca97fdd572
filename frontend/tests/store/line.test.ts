/** Drawn lines: distances, and what simplification may leave out. */
import { describe, expect, it } from "vitest";
import { distanceToLine, simplify, type Line } from "../../src/store/line";

describe("distanceToLine", () => {
  const line: Line = [[0, 0], [10, 0], [10, 10]];

  it("is measured to the segments, not to the points", () => {
    expect(distanceToLine(line, 5, 3)).toBe(3);
    expect(distanceToLine(line, 13, 14)).toBe(5);
    expect(distanceToLine(line, 10, 7)).toBe(0);
  });

  it("to a line of one point is that of two points", () => {
    expect(distanceToLine([[1, 1]], 4, 5)).toBe(5);
  });
});

describe("simplify", () => {
  const wave = Array.from({ length: 500 }, (_, i): [number, number] => [i, 40 * Math.sin(i / 30)]);

  it("leaves out what lies on the way, and keeps ends and corners", () => {
    expect(simplify([[0, 0], [1, 0.1], [2, 0], [2, 5]], 0.5, 100)).toEqual([[0, 0], [2, 0], [2, 5]]);
    expect(simplify([[3, 4]], 0.5, 100)).toEqual([[3, 4]]);
    expect(simplify([[3, 4], [3, 4]], 0.5, 100)).toHaveLength(2);
  });

  it("keeps every point within the tolerance of the line that is left", () => {
    const kept = simplify(wave, 0.5, 2_000);
    expect(kept.length).toBeLessThan(wave.length / 4);
    for (const [x, y] of wave) expect(distanceToLine(kept, x, y)).toBeLessThanOrEqual(0.5);
  });

  it("is coarser where too many points would be left", () => {
    const kept = simplify(wave, 0.001, 20);
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(kept[0]).toEqual(wave[0]);
  });

  it("keeps a line that returns to where it began", () => {
    expect(simplify([[0, 0], [10, 0], [10, 10], [0, 0]], 0.5, 100)).toHaveLength(4);
  });
});
