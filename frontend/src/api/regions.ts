/** The REST API of the region that a person labels. */
import type { ObjectType } from "../store/messages";
import type { Region, RegionCounts } from "../store/region";
import type { Box } from "../store/shape";
import { json } from "./rest";

export type RegionStep = "renew" | "release" | "skip" | "complete";

export interface MyRegion {
  readonly counts: RegionCounts;
  /** The one whose lease the person holds. */
  readonly region: Region | null;
}

export const getMyRegion = (projectId: number): Promise<MyRegion> => json("GET", `/api/projects/${projectId}/regions/mine`);
export const getRegion = (id: number): Promise<Region> => json("GET", `/api/regions/${id}`);
export const takeNextRegion = (projectId: number): Promise<Region> => json("POST", `/api/projects/${projectId}/regions/next`);
export const stepRegion = (id: number, step: RegionStep): Promise<Region> => json("POST", `/api/regions/${id}/${step}`);

/** All objects of the type in the box (level-0 px) are accepted. */
export function declareComplete(projectId: number, slideId: number, box: Box, objectType: ObjectType): Promise<Region> {
  const { minX: x, minY: y, maxX, maxY } = box;
  const body = { slide_id: slideId, x, y, width: maxX - x, height: maxY - y, object_type: objectType };
  return json("POST", `/api/projects/${projectId}/regions`, body);
}
