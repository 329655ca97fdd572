/** Screen ↔ level-0, magnification and scale bar. */
import { describe, expect, it } from "vitest";
import { boxOfView, clampToSlide, magnification, scaleBar, toLevel0, toScreen } from "../../src/viewer/coordinates";

const view = { scale: 0.5, originX: 1000, originY: 2000, width: 800, height: 600 };

describe("coordinates", () => {
  it("go there and back", () => {
    expect(toScreen(view, 1100, 2200)).toEqual({ x: 50, y: 100 });
    expect(toLevel0(view, 50, 100)).toEqual({ x: 1100, y: 2200 });
    expect(boxOfView(view)).toEqual({ minX: 1000, minY: 2000, maxX: 2600, maxY: 3200 });
  });

  it("call 0.25 µm/px at full size 40×", () => {
    expect(magnification({ ...view, scale: 1 }, 0.25)).toBe(40);
    expect(magnification(view, 0.5)).toBe(10);
  });

  it("give a round scale bar that fits", () => {
    const { um, px } = scaleBar({ ...view, scale: 1 }, 0.25, 110);
    expect(um).toBe(20);
    expect(px).toBeCloseTo(80);
    for (const scale of [0.001, 0.037, 0.9, 7.7]) {
      const bar = scaleBar({ ...view, scale }, 0.263, 110);
      expect(bar.px).toBeLessThanOrEqual(110.001);
      expect(bar.px).toBeGreaterThan(40);
    }
  });

  it("are clamped to the slide's pixels", () => {
    const slide = { width: 100, height: 50 };
    expect(clampToSlide(slide, -3, 60)).toEqual({ x: 0, y: 49 });
    expect(clampToSlide(slide, 42.5, 7)).toEqual({ x: 42.5, y: 7 });
  });
});
