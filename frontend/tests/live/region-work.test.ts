/** The region in hand: taken, kept under its lease, counted anew after work in it, lost, and closed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RegionWork, type RegionContext } from "../../src/live/region-work";
import { ObjectStore } from "../../src/store/objects";
import type { Region } from "../../src/store/region";
import { square, view } from "../objects";

const COUNTS = { open: 3, leased: 1, complete: 0, skipped: 0 };

function region(changes: Partial<Region> = {}): Region {
  return {
    id: 5, slide_id: 7, slide: "slide", x: 0, y: 0, width: 500, height: 500, object_type: "nucleus", strategy: "random",
    score: null, state: "open", leased_by: "ann", leased_until: "2026-11-21T10:15:00Z", mine: true, closed_by: null,
    closed_at: null, object_count: 2, lease_left_s: 900, ...changes,
  };
}

const NOT_MINE = { mine: false, leased_by: null, leased_until: null, lease_left_s: null };
const BOX = { minX: 10, minY: 20, maxX: 110, maxY: 80 };

const empty = () => Promise.reject(Object.assign(new Error("No nuclei are accepted."), { status: 409, code: "nothing_accepted" }));
const refused = (words: string) => Promise.reject(Object.assign(new Error(words), { status: 409 }));

let server: { [Name in keyof RegionContext["server"]]: ReturnType<typeof vi.fn> };
let show: ReturnType<typeof vi.fn>;
let leaveFor: ReturnType<typeof vi.fn>;
let said: string[];
let seen: boolean;
let saved: boolean;
let store: ObjectStore;
let work: RegionWork;

beforeEach(() => {
  vi.useFakeTimers();
  server = {
    mine: vi.fn(async () => ({ counts: COUNTS, region: null })),
    get: vi.fn(async (id: number) => region({ id, mine: false, lease_left_s: null, leased_by: "bob" })),
    next: vi.fn(async () => region()),
    step: vi.fn(async () => region({ object_count: 3 })),
    complete: vi.fn(async () => region({ state: "complete", ...NOT_MINE, closed_by: "ann" })),
    declare: vi.fn(async () => region({ id: 6, state: "complete", strategy: "hand", ...NOT_MINE, closed_by: "ann" })),
  };
  [show, leaveFor, said, seen, saved] = [vi.fn(), vi.fn(), [], true, true];
  store = new ObjectStore("ann");
  work = new RegionWork({
    slideId: 7, store, server, show, leaveFor,
    say: (_tone, words) => said.push(words), isSaved: () => saved, isSeen: () => seen,
  } as RegionContext);
});

afterEach(() => {
  work.stop();
  vi.useRealTimers();
});

describe("opening a slide", () => {
  it("shows the region in hand without moving the view", async () => {
    server.mine.mockResolvedValue({ counts: COUNTS, region: region() });
    await work.open(null);
    expect(work.region.get()?.id).toBe(5);
    expect(work.counts.get()?.open).toBe(3);
    expect(show).not.toHaveBeenCalled();
  });

  it("leaves a region in hand on another slide alone", async () => {
    server.mine.mockResolvedValue({ counts: COUNTS, region: region({ slide_id: 8 }) });
    await work.open(null);
    expect(work.region.get()).toBeNull();
  });

  it("looks at a named region of somebody else without a lease", async () => {
    await work.open(9);
    expect(work.region.get()).toMatchObject({ id: 9, mine: false });
    expect(work.minutesLeft.get()).toBeNull();
    expect(show).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(server.step).not.toHaveBeenCalled();
  });
});

describe("the next region", () => {
  it("is shown on this slide, and the queue counted", async () => {
    await work.next();
    expect(show).toHaveBeenCalledWith(region());
    expect([work.minutesLeft.get(), work.counts.get()]).toEqual([15, COUNTS]);
  });

  it("leads to its own slide", async () => {
    server.next.mockResolvedValue(region({ slide_id: 8 }));
    await work.next();
    expect(leaveFor).toHaveBeenCalledOnce();
    expect(work.region.get()).toBeNull();
  });

  it("is refused in the server's words where none is free", async () => {
    server.next.mockImplementation(() => refused("No region waits."));
    await work.next();
    expect(said).toEqual(["No region waits."]);
    expect(work.busy.get()).toBe(false);
  });

  it("is asked for once, however often the button is pressed", async () => {
    await Promise.all([work.next(), work.next()]);
    expect(server.next).toHaveBeenCalledOnce();
  });
});

describe("the lease", () => {
  it("is renewed when a third has passed, while the page is seen", async () => {
    await work.next();
    await vi.advanceTimersByTimeAsync(4.9 * 60_000);
    expect(server.step).not.toHaveBeenCalled();
    expect(work.minutesLeft.get()).toBe(11);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(server.step).toHaveBeenCalledExactlyOnceWith(5, "renew");
    expect(work.minutesLeft.get()).toBe(15);
  });

  it("runs out behind another tab, and is asked for again when the page is seen", async () => {
    await work.next();
    seen = false;
    await vi.advanceTimersByTimeAsync(20 * 60_000);
    expect(server.step).not.toHaveBeenCalled();
    expect(work.minutesLeft.get()).toBe(0);
    server.step.mockImplementation(() => refused("bob has this region now."));
    seen = true;
    await vi.advanceTimersByTimeAsync(15_000);
    expect(said).toEqual(["bob has this region now."]);
    expect(work.region.get()).toBeNull();
  });

  it("outlives a line that is down", async () => {
    await work.next();
    server.step.mockRejectedValueOnce(Object.assign(new Error("The server cannot be reached."), { status: 0 }));
    await vi.advanceTimersByTimeAsync(6 * 60_000);
    expect(work.region.get()?.id).toBe(5);
    expect(said).toEqual([]);
    expect(server.step.mock.calls.length).toBeGreaterThan(1);
  });
});

describe("the count", () => {
  const accepted = (id: string, x: number) =>
    store.upsert([view(id, { state: "accepted", polygons: [{ exterior: square(x, 100, 20), holes: [] }] })], 1);

  it("follows what was accepted in the region, once the hand rests", async () => {
    await work.next();
    accepted("a", 100);
    accepted("b", 200);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(server.step).toHaveBeenCalledExactlyOnceWith(5, "renew");
    expect(work.region.get()?.object_count).toBe(3);
  });

  it("does not care for what lies outside, or is only proposed", async () => {
    await work.next();
    accepted("a", 600);
    store.upsert([view("b", { state: "proposed" })], 2);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(server.step).not.toHaveBeenCalled();
  });
});

describe("a box declared complete", () => {
  it("is looked at like any region", async () => {
    expect(await work.declare(BOX, "nucleus")).toBe(true);
    expect(server.declare).toHaveBeenCalledExactlyOnceWith(BOX, "nucleus", false);
    expect(work.region.get()).toMatchObject({ id: 6, state: "complete", mine: false });
  });

  it("leaves the region in hand where it is", async () => {
    await work.next();
    expect(await work.declare(BOX, "nucleus")).toBe(true);
    expect(work.region.get()?.id).toBe(5);
    expect(said).toEqual(["The area is marked as complete."]);
  });

  it("waits for work that has not reached the server", async () => {
    saved = false;
    expect(await work.declare(BOX, "nucleus")).toBe(false);
    expect(server.declare).not.toHaveBeenCalled();
    expect(said[0]).toContain("on its way");
  });

  it("is refused in the server's words", async () => {
    server.declare.mockImplementation(() => refused("The region is 9,000 µm long."));
    expect(await work.declare(BOX, "nucleus")).toBe(false);
    expect(said).toEqual(["The region is 9,000 µm long."]);
    expect(work.region.get()).toBeNull();
  });
});

describe("the end", () => {
  it("complete takes the region from the screen", async () => {
    await work.next();
    await work.end("complete");
    expect(server.complete).toHaveBeenCalledExactlyOnceWith(5, false);
    expect([work.region.get(), work.question.get()]).toEqual([null, null]);
  });

  it.each(["skip", "release"] as const)("%s takes the region from the screen", async (step) => {
    await work.next();
    await work.end(step);
    expect(server.step).toHaveBeenCalledExactlyOnceWith(5, step);
    expect(work.region.get()).toBeNull();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(server.step).toHaveBeenCalledOnce();
  });

  it("waits for work that has not reached the server", async () => {
    await work.next();
    saved = false;
    await work.end("complete");
    expect(server.complete).not.toHaveBeenCalled();
    expect(said[0]).toContain("on its way");
  });

  it("keeps the region where the server refuses", async () => {
    await work.next();
    server.complete.mockImplementation(() => refused("1 nucleus waits for a decision."));
    await work.end("complete");
    expect(said).toEqual(["1 nucleus waits for a decision."]);
    expect(work.region.get()?.id).toBe(5);
  });
});

describe("nothing accepted in it", () => {
  beforeEach(() => {
    server.complete.mockImplementationOnce(empty);
    server.declare.mockImplementationOnce(empty);
  });

  const isAsked = async () => {
    await vi.advanceTimersByTimeAsync(0);
    return work.question.get()!;
  };

  it("is asked about once more, and completed where it is meant", async () => {
    await work.next();
    const end = work.end("complete");
    const question = await isAsked();
    expect([question.words, said, work.region.get()?.id]).toEqual(["No nuclei are accepted.", [], 5]);
    question.answer(true);
    await end;
    expect(server.complete.mock.calls).toEqual([[5, false], [5, true]]);
    expect([work.region.get(), work.question.get()]).toEqual([null, null]);
  });

  it("keeps the region where it was a mistake", async () => {
    await work.next();
    const end = work.end("complete");
    (await isAsked()).answer(false);
    await end;
    expect(server.complete).toHaveBeenCalledOnce();
    expect([work.region.get()?.id, work.question.get(), work.busy.get(), said]).toEqual([5, null, false, []]);
  });

  it.each([true, false])("of a box drawn by hand likewise (meant: %s)", async (isMeant) => {
    const declared = work.declare(BOX, "nucleus");
    (await isAsked()).answer(isMeant);
    expect(await declared).toBe(isMeant);
    expect(server.declare.mock.calls.at(-1)).toEqual([BOX, "nucleus", isMeant]);
  });

  it("asks no longer about a region that was lost meanwhile", async () => {
    await work.next();
    const end = work.end("complete");
    await isAsked();
    work.drop();
    await end;
    expect([work.question.get(), server.complete.mock.calls.length]).toEqual([null, 1]);
  });
});
