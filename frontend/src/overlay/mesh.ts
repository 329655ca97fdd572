/** Triangles for the settled layer: fills by ear clipping, outlines as ribbons; one object at a time, then joined. */
import earcut from "earcut";
import { forEachRing, UNITS_PER_PX, type Shape } from "../store/shape";

/** Corners sharper than this are cut: the ribbon is at most so many half-widths long there. */
const MITRE_LIMIT = 2;

export interface Mesh {
  /** x, y of each ring point, level-0 px */
  readonly fillPoints: Float32Array;
  readonly fillIndices: Uint32Array;
  /** x, y of each ribbon vertex (two for each ring point), level-0 px */
  readonly ribbonPoints: Float32Array;
  /** mitre x, y and side (−1 outside, 1 inside) of each ribbon vertex, in half-widths */
  readonly ribbonNormals: Float32Array;
  readonly ribbonIndices: Uint32Array;
}

export interface JoinedMesh extends Mesh {
  /** rgba of each fill vertex and of each ribbon vertex */
  readonly fillColours: Uint8ClampedArray;
  readonly ribbonColours: Uint8ClampedArray;
}

const meshes = new WeakMap<Shape, Mesh>();

/** The mesh of one shape, computed once in the shape's life. */
export function meshOf(shape: Shape): Mesh {
  let mesh = meshes.get(shape);
  if (!mesh) meshes.set(shape, (mesh = triangulate(shape)));
  return mesh;
}

function triangulate(shape: Shape): Mesh {
  const fillPoints = Float32Array.from(shape.coords, (value) => value / UNITS_PER_PX);
  return { fillPoints, fillIndices: fill(shape, fillPoints), ...ribbon(shape, fillPoints) };
}

function fill(shape: Shape, points: Float32Array): Uint32Array {
  const indices: number[] = [];
  let ring = 0;
  let first = 0;
  for (const rings of shape.ringCounts) {
    const sizes = shape.ringSizes.subarray(ring, ring + rings);
    const starts = Array.from(sizes.subarray(0, -1), ((at) => (size: number) => (at += size))(0));
    const count = sizes.reduce((total, size) => total + size, 0);
    const triangles = earcut(points.subarray(2 * first, 2 * (first + count)), starts, 2);
    for (const index of triangles) indices.push(index + first);
    ring += rings;
    first += count;
  }
  return Uint32Array.from(indices);
}

function ribbon(shape: Shape, points: Float32Array): Pick<Mesh, "ribbonPoints" | "ribbonNormals" | "ribbonIndices"> {
  const count = points.length / 2;
  const ribbonPoints = new Float32Array(4 * count);
  const ribbonNormals = new Float32Array(6 * count);
  const ribbonIndices = new Uint32Array(6 * count);
  forEachRing(shape, (start, size) => {
    const first = start / 2;
    for (let i = 0; i < size; i++) {
      const at = first + i;
      const next = first + ((i + 1) % size);
      const [mx, my] = mitre(points, first + ((i + size - 1) % size), at, next);
      ribbonPoints.set([points[2 * at]!, points[2 * at + 1]!, points[2 * at]!, points[2 * at + 1]!], 4 * at);
      ribbonNormals.set([mx, my, 1, -mx, -my, -1], 6 * at);
      ribbonIndices.set([2 * at, 2 * at + 1, 2 * next, 2 * next, 2 * at + 1, 2 * next + 1], 6 * at);
    }
  });
  return { ribbonPoints, ribbonNormals, ribbonIndices };
}

/** The direction and length, in half-widths, in which the ribbon's edge lies from a ring point. */
function mitre(points: Float32Array, before: number, at: number, after: number): [number, number] {
  const [ax, ay] = normal(points, before, at);
  const [bx, by] = normal(points, at, after);
  const [x, y] = [ax + bx, ay + by];
  const squared = x * x + y * y;
  if (squared < 1e-6) return [ax, ay];
  const length = Math.min(2 / Math.sqrt(squared), MITRE_LIMIT);
  const scale = length / Math.sqrt(squared);
  return [x * scale, y * scale];
}

function normal(points: Float32Array, from: number, to: number): [number, number] {
  const dx = points[2 * to]! - points[2 * from]!;
  const dy = points[2 * to + 1]! - points[2 * from + 1]!;
  const length = Math.hypot(dx, dy) || 1;
  return [dy / length, -dx / length];
}

export interface ColouredShape {
  readonly shape: Shape;
  readonly colour: readonly [number, number, number];
}

/** All shapes in one mesh, each vertex in its shape's colour. */
export function joinMeshes(items: readonly ColouredShape[]): JoinedMesh {
  const parts = items.map((item) => ({ mesh: meshOf(item.shape), colour: item.colour }));
  const total = (size: (mesh: Mesh) => number) => parts.reduce((sum, { mesh }) => sum + size(mesh), 0);
  const joined = {
    fillPoints: new Float32Array(total((mesh) => mesh.fillPoints.length)),
    fillIndices: new Uint32Array(total((mesh) => mesh.fillIndices.length)),
    ribbonPoints: new Float32Array(total((mesh) => mesh.ribbonPoints.length)),
    ribbonNormals: new Float32Array(total((mesh) => mesh.ribbonNormals.length)),
    ribbonIndices: new Uint32Array(total((mesh) => mesh.ribbonIndices.length)),
    fillColours: new Uint8ClampedArray(total((mesh) => 2 * mesh.fillPoints.length)),
    ribbonColours: new Uint8ClampedArray(total((mesh) => 2 * mesh.ribbonPoints.length)),
  };
  const at = { fill: 0, fillIndex: 0, ribbon: 0, ribbonIndex: 0 };
  for (const { mesh, colour } of parts) {
    copyShifted(mesh.fillIndices, joined.fillIndices, at.fillIndex, at.fill);
    copyShifted(mesh.ribbonIndices, joined.ribbonIndices, at.ribbonIndex, at.ribbon);
    joined.fillPoints.set(mesh.fillPoints, 2 * at.fill);
    joined.ribbonPoints.set(mesh.ribbonPoints, 2 * at.ribbon);
    joined.ribbonNormals.set(mesh.ribbonNormals, 3 * at.ribbon);
    paint(joined.fillColours, at.fill, mesh.fillPoints.length / 2, colour);
    paint(joined.ribbonColours, at.ribbon, mesh.ribbonPoints.length / 2, colour);
    at.fill += mesh.fillPoints.length / 2;
    at.fillIndex += mesh.fillIndices.length;
    at.ribbon += mesh.ribbonPoints.length / 2;
    at.ribbonIndex += mesh.ribbonIndices.length;
  }
  return joined;
}

function copyShifted(source: Uint32Array, target: Uint32Array, at: number, shift: number): void {
  for (let i = 0; i < source.length; i++) target[at + i] = source[i]! + shift;
}

function paint(colours: Uint8ClampedArray, first: number, count: number, [r, g, b]: ColouredShape["colour"]): void {
  for (let i = 4 * first; i < 4 * (first + count); i += 4) {
    colours[i] = r;
    colours[i + 1] = g;
    colours[i + 2] = b;
    colours[i + 3] = 255;
  }
}
