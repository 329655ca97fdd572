/** Geometry: inside and outside, holes, areas, boxes. */
import { describe, expect, it } from "vitest";
import { boxContains, boxesMeet, containsPoint, enlargeBox, isNearRim, longerSide, measure, shapeFromPolygons } from "../../src/store/shape";
import { square } from "../objects";

const withHole = shapeFromPolygons([{ exterior: square(0, 0, 100), holes: [square(40, 40, 20)] }])!;
const twoParts = shapeFromPolygons([
  { exterior: square(0, 0, 10), holes: [] },
  { exterior: square(50, 0, 10), holes: [square(52, 2, 2)] },
])!;

describe("containsPoint", () => {
  it("is true inside and false in a hole and outside", () => {
    expect(containsPoint(withHole, 20, 20)).toBe(true);
    expect(containsPoint(withHole, 50, 50)).toBe(false);
    expect(containsPoint(withHole, 101, 50)).toBe(false);
  });

  it("knows every part of an object with several polygons", () => {
    expect(containsPoint(twoParts, 5, 5)).toBe(true);
    expect(containsPoint(twoParts, 30, 5)).toBe(false);
    expect(containsPoint(twoParts, 57, 7)).toBe(true);
    expect(containsPoint(twoParts, 53, 3)).toBe(false);
  });
});

describe("isNearRim", () => {
  it("is true on both sides of the rim and of a hole's, as far as it reaches", () => {
    expect([98, 100, 105, 106].map((x) => isNearRim(withHole, x, 50, 5))).toEqual([true, true, true, false]);
    expect([37, 44, 50].map((x) => isNearRim(withHole, x, 50, 5))).toEqual([true, true, false]);
    expect(isNearRim(withHole, 104, 104, 5)).toBe(false);
    expect(isNearRim(withHole, 103, 103, 5)).toBe(true);
  });

  it("knows the side that closes a ring", () => {
    expect(isNearRim(withHole, -3, 50, 5)).toBe(true);
  });
});

it("measures the longer side", () => {
  expect([withHole, twoParts].map(longerSide)).toEqual([100, 60]);
});

describe("measure", () => {
  it("takes holes away, whichever way the rings run", () => {
    expect(measure(withHole).areaPx).toBeCloseTo(9600);
    const turned = shapeFromPolygons([{ exterior: square(0, 0, 100).reverse(), holes: [square(40, 40, 20)] }])!;
    expect(measure(turned).areaPx).toBeCloseTo(9600);
    expect(measure(twoParts).areaPx).toBeCloseTo(196);
  });

  it("puts the centroid at the centre of mass", () => {
    expect(measure(withHole).centroid).toEqual({ x: 50, y: 50 });
    const offCentre = shapeFromPolygons([{ exterior: square(0, 0, 100), holes: [square(60, 60, 20)] }])!;
    expect(measure(offCentre).centroid.x).toBeLessThan(50);
  });
});

describe("shapeFromPolygons", () => {
  it("keeps sixteenths of a pixel and gives null for nothing", () => {
    const shape = shapeFromPolygons([{ exterior: [[0.0625, 1.5], [3, 1.5], [3, 4]], holes: [] }])!;
    expect([...shape.coords.slice(0, 2)]).toEqual([1, 24]);
    expect(shapeFromPolygons([])).toBeNull();
  });
});

describe("boxes", () => {
  const box = { minX: 10, minY: 10, maxX: 30, maxY: 20 };

  it("grow about their centre", () => {
    expect(enlargeBox(box, 2)).toEqual({ minX: 0, minY: 5, maxX: 40, maxY: 25 });
  });

  it("meet at an edge, and contain what lies inside", () => {
    expect(boxesMeet(box, { minX: 30, minY: 0, maxX: 40, maxY: 10 })).toBe(true);
    expect(boxesMeet(box, { minX: 31, minY: 0, maxX: 40, maxY: 10 })).toBe(false);
    expect(boxContains(enlargeBox(box, 2), box)).toBe(true);
    expect(boxContains(box, enlargeBox(box, 2))).toBe(false);
  });
});
