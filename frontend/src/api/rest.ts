/** The REST API: one typed function for each address; every failure becomes an ApiError in words. */

import type { components } from "../generated/schema";
import type { ObjectView } from "../store/messages";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type Role = Schemas["RoleEnum"];
export type ProjectSummary = Schemas["ProjectRow"];
export type SlideSummary = Schemas["SlideRow"];
export type Project = Schemas["Project"];
/** `metrics` is a table of numbers that differs by method. */
export type Model = Omit<Schemas["Model"], "metrics"> & { metrics?: Record<string, unknown> };
export type Slide = Omit<Schemas["Workspace"], "models"> & { models: Model[] };

export class ApiError extends Error {
  readonly status: number;
  /** The server's name for what is wrong; empty where it gave none. */
  readonly code: string;

  constructor(status: number, message: string, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const WORDS_FOR_STATUS: Record<number, string> = {
  401: "You are signed out. Sign in again.",
  403: "You have no right to see this, or you are signed out.",
  404: "This does not exist, or you have no right to see it.",
  429: "Too many attempts. Wait a minute and try again.",
};

function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

export async function request(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, "The server cannot be reached. Check that it runs, then try again.");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

/** In the server's own sentence where it sent one. */
async function errorOf(response: Response): Promise<ApiError> {
  const answer: unknown = await response.json().catch(() => null);
  const fields = answer !== null && typeof answer === "object" ? (answer as Record<string, unknown>) : {};
  const words = [fields["message"], fields["detail"]].find((each) => typeof each === "string");
  const code = typeof fields["code"] === "string" ? fields["code"] : "";
  return new ApiError(response.status, (words as string | undefined) ?? wordsForStatus(response), code);
}

function wordsForStatus(response: Response): string {
  return WORDS_FOR_STATUS[response.status] ?? `The server answered ${response.status} ${response.statusText}.`;
}

export async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await (await request(method, path, body)).json()) as T;
}

/** The person who is signed in, or null. */
export async function getUser(): Promise<User | null> {
  try {
    return (await json<{ user: User }>("GET", "/api/session")).user;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}

export async function signIn(username: string, password: string): Promise<void> {
  await request("POST", "/api/session", { username, password });
}

export async function signOut(): Promise<void> {
  await request("DELETE", "/api/session");
}

export const listProjects = (): Promise<ProjectSummary[]> => json("GET", "/api/projects");
export const getProject = (id: number): Promise<Project> => json("GET", `/api/projects/${id}`);
export const getSlide = (id: number): Promise<Slide> => json("GET", `/api/slides/${id}`);

/** Say how the slide was stained; the answer's `choices` are those of the new stain. */
export const setStain = (id: number, stain: Slide["stain"]): Promise<Slide> =>
  json("PATCH", `/api/slides/${id}`, { stain });

/** Say whose tissue it is, in any code; empty: not known. */
export const setPatient = (id: number, patient: string): Promise<Slide> => json("PATCH", `/api/slides/${id}`, { patient });

export async function renewTilePass(slideId: number): Promise<void> {
  await request("POST", `/api/slides/${slideId}/pass`);
}

/** The packed objects of a box (level-0 px): see packed.ts. */
export async function getPackedObjects(slideId: number, box: readonly number[]): Promise<ArrayBuffer> {
  const response = await request("GET", `/api/slides/${slideId}/objects?box=${box.join(",")}&limit=20000`);
  return response.arrayBuffer();
}

/** One object as it stands, with all its prompts. */
export async function getObject(objectId: string): Promise<ObjectView> {
  return (await json<{ object: ObjectView }>("GET", `/api/objects/${objectId}/history`)).object;
}

/** Rejected and deleted objects of the slide, the latest first. */
export async function listTrash(slideId: number): Promise<ObjectView[]> {
  return (await json<{ objects: ObjectView[] }>("GET", `/api/slides/${slideId}/trash`)).objects;
}
