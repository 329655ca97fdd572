import { describe, expect, it } from "vitest";
import { roundTicks } from "../../src/ui/scale";

describe("roundTicks", () => {
  it("are round and hold all values", () => {
    expect(roundTicks(0.731, 0.769)).toEqual([0.73, 0.74, 0.75, 0.76, 0.77]);
    expect(roundTicks(0.3521, 0.7494)).toEqual([0.3, 0.4, 0.5, 0.6, 0.7, 0.8]);
    expect(roundTicks(0, 8000)).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(roundTicks(0, 0.262)).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3]);
  });

  it("hold a single value", () => {
    const ticks = roundTicks(0.8, 0.8);
    expect(Math.min(...ticks)).toBeLessThanOrEqual(0.8);
    expect(Math.max(...ticks)).toBeGreaterThanOrEqual(0.8);
    expect(roundTicks(0, 0).length).toBeGreaterThan(1);
  });
});
