/** The REST API of models, trainings, the queue of regions, and effort. */

import type { components } from "../generated/schema";
import type { ObjectType } from "../store/messages";
import { json, request } from "./rest";

type Schemas = components["schemas"];

export type Kind = { object_type: ObjectType; stain: string };

export type Measurement = Schemas["Measurement"];
export type Difference = Schemas["Difference"];
export type Verdict = Schemas["VerdictEnum"];
export type Activation = Required<Schemas["Activation"]>;
export type ModelVersion = Omit<Required<Schemas["ModelVersion"]>, "activations"> & { activations: Activation[] };
export type Answering = Schemas["Answering"];
export type Models = { versions: ModelVersion[]; kinds: Answering[] };

export type JobState = Schemas["JobState"];
export type Run = Omit<Required<Schemas["TrainingRun"]>, "activations"> & { activations: Activation[] };
export type RunDetail = Omit<Required<Schemas["RunDetail"]>, "activations"> & { activations: Activation[] };
export type Preferences = Schemas["StoredPreferences"];
export type PreferencesOfKind = Schemas["PreferencesOfKindRequest"];
export type Schedule = Schemas["Schedule"];
export type LearningKind = Schemas["LearningKind"];
export type Learning = Omit<Schemas["Learning"], "runs"> & { runs: Run[] };
export type Start = Schemas["RunRequestRequest"]["start"];

export type Region = Required<Schemas["Region"]>;
export type Queue = { counts: Schemas["RegionCounts"]; regions: Region[] };
export type SamplingRun = Required<Schemas["SamplingRun"]>;
export type SamplingRequest = Schemas["SamplingRequestRequest"];
export type Strategy = SamplingRequest["strategy"];
export type Effort = Schemas["Effort"];
export type EffortRow = Schemas["EffortRow"];

// --- models ---------------------------------------------------------------------------------------------------------

export const listModels = (projectId: number): Promise<Models> => json("GET", `/api/projects/${projectId}/models`);

export const activateVersion = (projectId: number, versionId: number, note: string): Promise<Models> =>
  json("POST", `/api/projects/${projectId}/models/${versionId}/activate`, { note });

export const rollBack = (projectId: number, kind: Kind): Promise<Models> =>
  json("POST", `/api/projects/${projectId}/models/roll-back`, kind);

/** The weights with their manifest, as a zip. */
export async function exportVersion(projectId: number, versionId: number): Promise<Blob> {
  return (await request("GET", `/api/projects/${projectId}/models/${versionId}/export`)).blob();
}

// --- trainings ------------------------------------------------------------------------------------------------------

export const getLearning = (projectId: number): Promise<Learning> => json("GET", `/api/projects/${projectId}/learning`);

export const setPreferences = (projectId: number, preferences: PreferencesOfKind): Promise<Preferences> =>
  json("PUT", `/api/projects/${projectId}/learning/settings`, preferences);

export const startRun = (projectId: number, { object_type, stain }: Kind, start: Start): Promise<Run> =>
  json("POST", `/api/projects/${projectId}/learning/runs`, { object_type, stain, start });

export const getRun = (runId: string): Promise<RunDetail> => json("GET", `/api/learning/runs/${runId}`);
export const cancelRun = (runId: string): Promise<RunDetail> => json("POST", `/api/learning/runs/${runId}/cancel`);
export const pictureAddress = (runId: string, file: string): string => `/api/learning/runs/${runId}/pictures/${file}`;

// --- regions --------------------------------------------------------------------------------------------------------

export const getQueue = (projectId: number): Promise<Queue> => json("GET", `/api/projects/${projectId}/regions`);
export const reopenRegion = (regionId: number): Promise<Region> => json("POST", `/api/regions/${regionId}/reopen`);

export const listSamplings = (projectId: number): Promise<SamplingRun[]> =>
  json("GET", `/api/projects/${projectId}/regions/sampling`);

export const startSampling = (projectId: number, wanted: SamplingRequest): Promise<SamplingRun> =>
  json("POST", `/api/projects/${projectId}/regions/sampling`, wanted);

export const cancelSampling = (jobId: string): Promise<SamplingRun> => json("POST", `/api/regions/sampling/${jobId}/cancel`);

// --- effort ---------------------------------------------------------------------------------------------------------

export const getEffort = (projectId: number): Promise<Effort> => json("GET", `/api/projects/${projectId}/effort`);
