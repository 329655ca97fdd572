/** The geometry of one object: polygons with holes in one flat integer array, and the questions asked of it. */
import { squaredDistance } from "./line";
import type { Point, Polygon } from "./messages";

/** Coordinates are integers of 1/16 level-0 px: exact, half the size of doubles, and the same as on the packed wire. */
export const UNITS_PER_PX = 16;

/** Level-0 pixels. */
export interface Box {
  minX: number;
  minY: number;
  maxX: number;
  maxY: number;
}

export interface Shape {
  /** x, y interleaved, 1/16 level-0 px; rings are not closed */
  readonly coords: Int32Array;
  /** points of each ring */
  readonly ringSizes: Uint32Array;
  /** rings of each polygon, exterior first */
  readonly ringCounts: Uint32Array;
  readonly box: Box;
}

export function makeShape(coords: Int32Array, ringSizes: Uint32Array, ringCounts: Uint32Array): Shape {
  return { coords, ringSizes, ringCounts, box: boxOf(coords) };
}

/** The shape of polygons as they come in an event; null when there are none. */
export function shapeFromPolygons(polygons: readonly Polygon[]): Shape | null {
  if (polygons.length === 0) return null;
  const rings = polygons.flatMap((polygon) => [polygon.exterior, ...polygon.holes]);
  const coords = Int32Array.from(rings.flat(2), (value) => Math.round(value * UNITS_PER_PX));
  const ringSizes = Uint32Array.from(rings, (ring) => ring.length);
  const ringCounts = Uint32Array.from(polygons, (polygon) => 1 + polygon.holes.length);
  return makeShape(coords, ringSizes, ringCounts);
}

function boxOf(coords: Int32Array): Box {
  let minX = Infinity;
  let minY = Infinity;
  let maxX = -Infinity;
  let maxY = -Infinity;
  for (let i = 0; i < coords.length; i += 2) {
    const x = coords[i]!;
    const y = coords[i + 1]!;
    if (x < minX) minX = x;
    if (x > maxX) maxX = x;
    if (y < minY) minY = y;
    if (y > maxY) maxY = y;
  }
  const px = UNITS_PER_PX;
  return { minX: minX / px, minY: minY / px, maxX: maxX / px, maxY: maxY / px };
}

/** Call `visit` with the first coordinate index and the number of points of each ring. */
export function forEachRing(shape: Shape, visit: (start: number, points: number) => void): void {
  let start = 0;
  for (const points of shape.ringSizes) {
    visit(start, points);
    start += points * 2;
  }
}

/** Is the level-0 point inside, holes excluded? Even-odd rule over all rings. */
export function containsPoint(shape: Shape, xPx: number, yPx: number): boolean {
  const { box, coords } = shape;
  if (xPx < box.minX || xPx > box.maxX || yPx < box.minY || yPx > box.maxY) return false;
  const x = xPx * UNITS_PER_PX;
  const y = yPx * UNITS_PER_PX;
  let inside = false;
  forEachRing(shape, (start, points) => {
    let j = start + 2 * (points - 1);
    for (let i = start; i < start + 2 * points; j = i, i += 2) {
      const yi = coords[i + 1]!;
      const yj = coords[j + 1]!;
      if (yi > y === yj > y) continue;
      const crossing = coords[i]! + ((y - yi) / (yj - yi)) * (coords[j]! - coords[i]!);
      if (x < crossing) inside = !inside;
    }
  });
  return inside;
}

/** Is the level-0 point at most `reachPx` from the rim, on either side? */
export function isNearRim(shape: Shape, x: number, y: number, reachPx: number): boolean {
  const { box, coords } = shape;
  if (x < box.minX - reachPx || x > box.maxX + reachPx || y < box.minY - reachPx || y > box.maxY + reachPx) return false;
  const at = (i: number): [number, number] => [coords[i]! / UNITS_PER_PX, coords[i + 1]! / UNITS_PER_PX];
  let squared = Infinity;
  forEachRing(shape, (start, points) => {
    let before = at(start + 2 * (points - 1));
    for (let i = start; i < start + 2 * points; i += 2) {
      const here = at(i);
      squared = Math.min(squared, squaredDistance(before, here, x, y));
      before = here;
    }
  });
  return squared <= reachPx ** 2;
}

/** Of the bounding box, level-0 px. */
export function longerSide({ box }: Shape): number {
  return Math.max(box.maxX - box.minX, box.maxY - box.minY);
}

/** Area in level-0 px², holes subtracted, and the area's centroid (shoelace formula). */
export function measure(shape: Shape): { areaPx: number; centroid: Point } {
  let area2 = 0;
  let sumX = 0;
  let sumY = 0;
  forEachPolygonRing(shape, (start, points, isHole) => {
    const ring = ringMoments(shape.coords, start, points);
    const sign = (isHole ? -1 : 1) * Math.sign(ring.area2);
    area2 += sign * ring.area2;
    sumX += sign * ring.x;
    sumY += sign * ring.y;
  });
  const { box } = shape;
  const middle = { x: (box.minX + box.maxX) / 2, y: (box.minY + box.maxY) / 2 };
  const centroid = area2 > 0 ? { x: sumX / (3 * area2), y: sumY / (3 * area2) } : middle;
  return { areaPx: area2 / 2, centroid };
}

function forEachPolygonRing(shape: Shape, visit: (start: number, points: number, isHole: boolean) => void): void {
  let ring = 0;
  let start = 0;
  for (const rings of shape.ringCounts) {
    for (let i = 0; i < rings; i++, ring++) {
      const points = shape.ringSizes[ring]!;
      visit(start, points, i > 0);
      start += points * 2;
    }
  }
}

/** Twice the signed area and the unnormalised first moments of one ring, in px. */
function ringMoments(coords: Int32Array, start: number, points: number): { area2: number; x: number; y: number } {
  let area2 = 0;
  let x = 0;
  let y = 0;
  const at = (i: number) => coords[start + i]! / UNITS_PER_PX;
  for (let i = 0, j = points - 1; i < points; j = i++) {
    const cross = at(2 * j) * at(2 * i + 1) - at(2 * i) * at(2 * j + 1);
    area2 += cross;
    x += (at(2 * j) + at(2 * i)) * cross;
    y += (at(2 * j + 1) + at(2 * i + 1)) * cross;
  }
  return { area2, x, y };
}

export function boxesMeet(a: Box, b: Box): boolean {
  return a.minX <= b.maxX && b.minX <= a.maxX && a.minY <= b.maxY && b.minY <= a.maxY;
}

export function boxContains(outer: Box, inner: Box): boolean {
  return (
    outer.minX <= inner.minX && outer.minY <= inner.minY && outer.maxX >= inner.maxX && outer.maxY >= inner.maxY
  );
}

/** The box grown about its centre: factor 2 has twice the width and height. */
export function enlargeBox(box: Box, factor: number): Box {
  const growX = ((box.maxX - box.minX) * (factor - 1)) / 2;
  const growY = ((box.maxY - box.minY) * (factor - 1)) / 2;
  return { minX: box.minX - growX, minY: box.minY - growY, maxX: box.maxX + growX, maxY: box.maxY + growY };
}
