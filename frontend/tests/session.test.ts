/** The page's sign-in: what ends it, what brings it back, and that a server that is down says nothing about it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Answer = { status: number; body: unknown } | "down";

const ANN = { id: 7, username: "ann", is_demo: false, has_password: true };
const signedInAs = (id: number, username: string): Answer => ({ status: 200, body: { user: { id, username, is_demo: false, has_password: true } } });
const SIGNED_OUT: Answer = { status: 403, body: { code: "not_authenticated", message: "Sign in." } };
const NO_SESSION: Answer = { status: 403, body: { code: "not_allowed", message: "You are not signed in." } };
const OTHER: Answer = { status: 403, body: { code: "other_person", message: "Another's." } };
const NO_RIGHT: Answer = { status: 403, body: { code: "not_allowed", message: "Only admins may." } };
const OLD_TOKEN: Answer = { status: 403, body: { code: "csrf", message: "CSRF Failed." } };
const FINE: Answer = { status: 200, body: { fine: true } };

/** What the server answers, in turn; the last one for ever. */
let session: Answer[];
let project: Answer[];
let asked: { path: string; headers: Record<string, string> }[];
const page = Object.assign(new EventTarget(), { cookie: "csrftoken=abc", visibilityState: "visible" });

async function open() {
  vi.resetModules();
  const rest = await import("../src/api/rest");
  const { Session } = await import("../src/session");
  return { rest, session: new Session(ANN) };
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  session = [signedInAs(7, "ann")];
  project = [FINE];
  vi.stubGlobal("document", page);
  vi.stubGlobal("BroadcastChannel", class {
    postMessage(): void {}
    close(): void {}
  });
  vi.stubGlobal("fetch", async (path: string, options: { headers: Record<string, string> }) => {
    asked.push({ path, headers: options.headers });
    const answers = path === "/api/session" ? session : project;
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    if (answer === "down") throw new TypeError("Failed to fetch");
    return new Response(JSON.stringify(answer.body), { status: answer.status });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a request", () => {
  it("names whose page it is of, but not where people sign in", async () => {
    const { rest } = await open();
    await rest.json("GET", "/api/projects/1");
    await rest.getUser();
    expect(asked.map(({ path, headers }) => [path, headers["X-Squiggle-User"]])).toEqual([
      ["/api/projects/1", "7"],
      ["/api/session", undefined],
    ]);
  });

  it("that finds the person signed out waits for them, and is then made again", async () => {
    project = [SIGNED_OUT, FINE];
    session = [NO_SESSION, NO_SESSION, signedInAs(7, "ann")];
    const { rest, session: mine } = await open();
    let answer: unknown;
    void rest.json("POST", "/api/projects/1").then((value) => (answer = value));
    await vi.advanceTimersByTimeAsync(1);
    expect(mine.standing.get()).toEqual({ kind: "signed_out" });
    expect(answer).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(mine.standing.get()).toEqual({ kind: "signed_in" });
    expect(answer).toEqual({ fine: true });
  });

  it("is not made again as somebody else", async () => {
    project = [OTHER];
    session = [signedInAs(8, "bob")];
    const { rest, session: mine } = await open();
    let hasEnded = false;
    void rest.json("POST", "/api/projects/1").finally(() => (hasEnded = true));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(mine.standing.get()).toEqual({ kind: "other_person", username: "bob" });
    expect(hasEnded).toBe(false);
    expect(asked.filter(({ path }) => path === "/api/projects/1")).toHaveLength(1);
  });

  it("that is refused for another reason fails at once", async () => {
    project = [NO_RIGHT];
    const { rest, session: mine } = await open();
    await expect(rest.json("GET", "/api/projects/1")).rejects.toThrow("Only admins may.");
    expect(mine.standing.get()).toEqual({ kind: "signed_in" });
  });

  it("with the token of before the sign-in is made again with the new one", async () => {
    project = [OLD_TOKEN, FINE];
    const { rest } = await open();
    expect(await rest.json("POST", "/api/projects/1")).toEqual({ fine: true });
    expect(asked.map(({ path }) => path)).toEqual(["/api/projects/1", "/api/session", "/api/projects/1"]);
  });

  it("is not made for ever where a sign-in changes nothing", async () => {
    project = [SIGNED_OUT];
    const { rest } = await open();
    await expect(rest.json("GET", "/api/projects/1")).rejects.toThrow("Sign in.");
    expect(asked.filter(({ path }) => path === "/api/projects/1")).toHaveLength(3);
  });
});

describe("a server that is down", () => {
  it("asks nobody to sign in", async () => {
    session = ["down"];
    const { session: mine } = await open();
    await mine.check();
    expect(mine.standing.get()).toEqual({ kind: "signed_in" });
    session = [{ status: 502, body: {} }];
    await mine.check();
    expect(mine.standing.get()).toEqual({ kind: "signed_in" });
  });

  it("while somebody is signed out leaves that open", async () => {
    session = [NO_SESSION];
    const { session: mine } = await open();
    await mine.check();
    session = ["down"];
    await vi.advanceTimersByTimeAsync(12_000);
    expect(mine.standing.get()).toEqual({ kind: "signed_out" });
    session = [signedInAs(7, "ann")];
    await vi.advanceTimersByTimeAsync(5_000);
    expect(mine.standing.get()).toEqual({ kind: "signed_in" });
  });
});
