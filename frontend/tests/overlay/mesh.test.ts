/** Triangles: they cover the area without the holes, and the ribbon is as wide as it should be. */
import { describe, expect, it } from "vitest";
import { joinMeshes, meshOf } from "../../src/overlay/mesh";
import { shapeFromPolygons } from "../../src/store/shape";
import { square } from "../objects";

const holed = shapeFromPolygons([{ exterior: square(0, 0, 100), holes: [square(40, 40, 20)] }])!;
const double = shapeFromPolygons([
  { exterior: square(200, 0, 10), holes: [] },
  { exterior: square(300, 0, 10), holes: [] },
])!;

function area(points: Float32Array, indices: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [indices[i]! * 2, indices[i + 1]! * 2, indices[i + 2]! * 2];
    sum += Math.abs(
      (points[b]! - points[a]!) * (points[c + 1]! - points[a + 1]!) -
        (points[c]! - points[a]!) * (points[b + 1]! - points[a + 1]!),
    );
  }
  return sum / 2;
}

describe("fills", () => {
  it("leave holes out", () => {
    const mesh = meshOf(holed);
    expect(area(mesh.fillPoints, mesh.fillIndices)).toBeCloseTo(9600);
  });

  it("cover each polygon of an object and nothing between them", () => {
    const mesh = meshOf(double);
    expect(area(mesh.fillPoints, mesh.fillIndices)).toBeCloseTo(200);
  });

  it("of several objects keep to their own points when joined", () => {
    const mesh = joinMeshes([
      { shape: holed, colour: [1, 2, 3] },
      { shape: double, colour: [4, 5, 6] },
    ]);
    expect(area(mesh.fillPoints, mesh.fillIndices)).toBeCloseTo(9800);
    expect([...mesh.fillColours.slice(0, 4)]).toEqual([1, 2, 3, 255]);
    expect([...mesh.fillColours.slice(-4)]).toEqual([4, 5, 6, 255]);
  });
});

describe("ribbons", () => {
  it("have two triangles for each edge, closed", () => {
    const mesh = meshOf(holed);
    expect(mesh.ribbonIndices).toHaveLength(8 * 6);
    expect(Math.max(...mesh.ribbonIndices)).toBe(15);
  });

  it("reach one half-width to either side of the edge, also at the corners", () => {
    const mesh = meshOf(shapeFromPolygons([{ exterior: square(0, 0, 100), holes: [] }])!);
    const [x, y, side] = mesh.ribbonNormals;
    expect(Math.abs(x!)).toBeCloseTo(1);
    expect(Math.abs(y!)).toBeCloseTo(1);
    expect(side).toBe(1);
  });

  it("do not shoot out at sharp corners", () => {
    const spike = shapeFromPolygons([{ exterior: [[0, 0], [100, 1], [0, 2]], holes: [] }])!;
    const { ribbonNormals } = meshOf(spike);
    for (let i = 0; i < ribbonNormals.length; i += 3) {
      expect(Math.hypot(ribbonNormals[i]!, ribbonNormals[i + 1]!)).toBeLessThanOrEqual(2.001);
    }
  });
});
