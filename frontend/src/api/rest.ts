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
  /** The server's name for what happened; empty where it gave none. */
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

const SESSION = "/api/session";

function csrfToken(): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

/** Whose page this is, and the way to wait until that person is signed in (again). */
interface Joined {
  readonly userId: number;
  whenBack(): Promise<void>;
}

let joined: Joined | null = null;

/** From now on each request names whose page it is of, and one that is refused because they are signed out waits for them. */
export function joinSession(session: Joined): void {
  joined = session;
}

const SIGNED_OUT_CODES = new Set(["not_authenticated", "other_person"]);
/** Refused again right after a sign-in so many times, it is not about the sign-in. */
const MOST_TRIES = 3;

export async function request(method: string, path: string, body?: unknown): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      return await requestOnce(method, path, body);
    } catch (error) {
      if (!(error instanceof ApiError) || tries >= MOST_TRIES) throw error;
      if (joined && (error.status === 401 || SIGNED_OUT_CODES.has(error.code))) await joined.whenBack();
      // A sign-in elsewhere made another token; asking who we are brings the cookie if it is gone.
      else if (error.code === "csrf") await getUser();
      else throw error;
    }
  }
}

async function requestOnce(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (joined && path !== SESSION) headers["X-Squiggle-User"] = String(joined.userId);
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError(0, "The server cannot be reached. Check that it runs, then try again.");
  }
  if (!response.ok) throw await refusalOf(response);
  return response;
}

/** In the server's own sentence where it sent one. */
async function refusalOf(response: Response): Promise<ApiError> {
  const answer: unknown = await response.json().catch(() => null);
  const told = answer !== null && typeof answer === "object" ? (answer as Record<string, unknown>) : {};
  const words = [told.message, told.detail].find((each) => typeof each === "string");
  const otherwise = WORDS_FOR_STATUS[response.status] ?? `The server answered ${response.status} ${response.statusText}.`;
  return new ApiError(response.status, words ?? otherwise, typeof told.code === "string" ? told.code : "");
}

export async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await (await request(method, path, body)).json()) as T;
}

/** The person who is signed in, or null. */
export async function getUser(): Promise<User | null> {
  try {
    return ((await (await requestOnce("GET", SESSION)).json()) as { user: User }).user;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return null;
    throw error;
  }
}

export async function signIn(username: string, password: string): Promise<void> {
  const answer = await sendToSession("POST", { username, password });
  tellSignIn(((await answer.json()) as { user: User }).user.id);
}

export async function signOut(): Promise<void> {
  await sendToSession("DELETE");
  tellSignIn(null);
}

/** With the token that another tab's sign-in may have made meanwhile. */
async function sendToSession(method: string, body?: unknown): Promise<Response> {
  if (csrfToken() === "") await getUser(); // brings the cookie
  return requestOnce(method, SESSION, body);
}

const SIGN_INS = "squiggle.sign-in";

/** Tell the other tabs who is signed in now: a person's id, or null. */
export function tellSignIn(userId: number | null): void {
  const channel = new BroadcastChannel(SIGN_INS);
  channel.postMessage(userId);
  channel.close();
}

/** Call `observer` when another tab (or another part of this page) tells who is signed in. */
export function onSignInChanged(observer: (userId: number | null) => void): () => void {
  const channel = new BroadcastChannel(SIGN_INS);
  channel.onmessage = (message) => observer(message.data as number | null);
  return () => channel.close();
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
