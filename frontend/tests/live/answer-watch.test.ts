/** What a person is told while clicks have no answer. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AnswerWatch } from "../../src/live/answer-watch";
import { view } from "../objects";

let watch: AnswerWatch;

beforeEach(() => {
  vi.useFakeTimers();
  watch = new AnswerWatch();
});

afterEach(() => vi.useRealTimers());

const answered = (id: string) =>
  watch.applied({ kind: "objects.upserted", seq: 1, objects: [view(id)], command_id: null, times: null });

describe("AnswerWatch", () => {
  it("is silent while the answer is young, and speaks after three seconds", () => {
    watch.asked(["a"]);
    watch.stored(["a"]);
    vi.advanceTimersByTime(2_900);
    expect(watch.reason.get()).toBeNull();
    vi.advanceTimersByTime(200);
    expect(watch.reason.get()).toContain("stored and will be answered");
    answered("a");
    expect(watch.reason.get()).toBeNull();
  });

  it("does not call stored what the server has not acknowledged", () => {
    watch.asked(["a"]);
    vi.advanceTimersByTime(3_100);
    expect(watch.reason.get()).toContain("waits here and is sent");
  });

  it("gives the server's reason until the answer comes", () => {
    watch.asked(["a", "b"]);
    watch.waiting({ kind: "objects.waiting", object_ids: ["a"], reason: "The worker restarts." });
    expect(watch.reason.get()).toBe("The worker restarts.");
    answered("a");
    expect(watch.reason.get()).toBeNull();
    watch.stop();
  });

  it("names a full disk before all else, until there is room or the line is lost", () => {
    const full = { kind: "heartbeat", project_version: 1, seq: 0, worker: "missing", trouble: "The disk is full.", tile_pass_age_s: 0 } as const;
    watch.heartbeat(full);
    expect(watch.reason.get()).toBe("The disk is full.");
    watch.heartbeat({ ...full, worker: "ready", trouble: null });
    expect(watch.reason.get()).toBeNull();
    watch.heartbeat(full);
    watch.lineLost();
    expect(watch.reason.get()).toBeNull();
  });

  it("says that no worker runs, and no longer when one is back or the line is lost", () => {
    watch.heartbeat({ kind: "heartbeat", project_version: 1, seq: 0, worker: "missing", trouble: null, tile_pass_age_s: 0 });
    expect(watch.reason.get()).toContain("No model worker is running");
    watch.heartbeat({ kind: "heartbeat", project_version: 1, seq: 0, worker: "ready", trouble: null, tile_pass_age_s: 0 });
    expect(watch.reason.get()).toBeNull();
    watch.heartbeat({ kind: "heartbeat", project_version: 1, seq: 0, worker: "missing", trouble: null, tile_pass_age_s: 0 });
    watch.lineLost();
    expect(watch.reason.get()).toBeNull();
  });
});
