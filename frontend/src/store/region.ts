/** A region of the slide that is to be labelled completely, as the server tells it. */
import type { components } from "../generated/schema";
import type { Box } from "./shape";

type Schemas = components["schemas"];

export type Region = Required<Schemas["OneRegion"]>;
export type RegionCounts = Schemas["RegionCounts"];

export function boxOfRegion({ x, y, width, height }: Region): Box {
  return { minX: x, minY: y, maxX: x + width, maxY: y + height };
}

/** Whether an object with its centroid at this level-0 point belongs to the region. */
export function holds(region: Region, { x, y }: { x: number; y: number }): boolean {
  return x >= region.x && y >= region.y && x < region.x + region.width && y < region.y + region.height;
}
