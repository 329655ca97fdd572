/** The REST API of the region that a person labels. */
import type { ObjectType } from "../store/messages";
import type { Region, RegionCounts } from "../store/region";
import type { Box } from "../store/shape";
import { json } from "./rest";

export type RegionStep = "renew" | "release" | "skip";

export interface MyRegion {
  readonly counts: RegionCounts;
  /** The one whose lease the person holds. */
  readonly region: Region | null;
}

export const getMyRegion = (projectId: number): Promise<MyRegion> => json("GET", `/api/projects/${projectId}/regions/mine`);
export const getRegion = (id: number): Promise<Region> => json("GET", `/api/regions/${id}`);
export const takeNextRegion = (projectId: number): Promise<Region> => json("POST", `/api/projects/${projectId}/regions/next`);
export const stepRegion = (id: number, step: RegionStep): Promise<Region> => json("POST", `/api/regions/${id}/${step}`);
/** empty: nothing is accepted in it, and that is meant. */
export const completeRegion = (id: number, empty: boolean): Promise<Region> => json("POST", `/api/regions/${id}/complete`, { empty });

/** All objects of the type in the box (level-0 px) are accepted; empty: there are none, and that is meant. */
export function declareComplete(
  projectId: number,
  slideId: number,
  box: Box,
  objectType: ObjectType,
  empty: boolean,
): Promise<Region> {
  const { minX: x, minY: y, maxX, maxY } = box;
  const body = { slide_id: slideId, x, y, width: maxX - x, height: maxY - y, object_type: objectType, empty };
  return json("POST", `/api/projects/${projectId}/regions`, body);
}
