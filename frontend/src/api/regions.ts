/** The REST API of the region that a person labels. */
import type { Region, RegionCounts } from "../store/region";
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
