/** The names of the messages and REST rows as the server writes them; generated/schema.ts holds what they are. */
import type { components } from "../generated/schema";

type Schemas = components["schemas"];

export type ObjectState = Schemas["ObjectState"];
export type Point = Schemas["Point"];
export type Polygon = Schemas["Polygon"];
export type Prompt = Schemas["Click"];
export type ObjectView = Schemas["ObjectView"];
export type SegmentTarget = Schemas["SegmentTarget"];
export type StepTimes = Schemas["StepTimes"];
export type AcceptedBy = Schemas["Accept"]["how"];
export type AnyCommand = Schemas["AnyCommand"];
export type AnyEvent = Schemas["AnyEvent"];
export type ObjectsUpserted = Schemas["ObjectsUpserted"];
export type Acknowledged = Schemas["Acknowledged"];
export type CommandFailed = Schemas["CommandFailed"];
export type Conflict = Schemas["Conflict"];
export type Waiting = Schemas["Waiting"];
export type Heartbeat = Schemas["Heartbeat"];
