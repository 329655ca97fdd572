/** The names of the messages and REST rows as the server writes them; generated/schema.ts holds what they are. */
import type { components } from "../generated/schema";

type Schemas = components["schemas"];

export type ObjectState = Schemas["ObjectState"];
export type Point = Schemas["Point"];
export type Polygon = Schemas["Polygon"];
export type Click = Schemas["Click"];
export type Squiggle = Schemas["Squiggle"];
export type Prompt = Click | Squiggle;
export type ObjectRef = Schemas["ObjectRef"];
export type ObjectView = Schemas["ObjectView"];
export type SegmentTarget = Schemas["SegmentTarget"];
export type Start = NonNullable<SegmentTarget["start"]>;
export type ObjectType = NonNullable<Schemas["Label"]["object_type"]>;
export type Stain = NonNullable<Schemas["Workspace"]["stain"]>;
/** The server's choice of a model; `reason` is empty where the model was made for this very stain. */
export type Choice = Schemas["Choice"];
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
