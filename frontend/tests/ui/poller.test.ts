import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { POLL_MS, Poller } from "../../src/ui/poller";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function makePoller(answers: (string | Error)[]) {
  const told: unknown[] = [];
  const seen = { isSeen: true };
  const load = vi.fn(async () => {
    const answer = answers.shift() ?? "done";
    if (answer instanceof Error) throw answer;
    return answer;
  });
  const poller = new Poller<string>({
    load,
    isOpen: (value) => value === "running",
    isSeen: () => seen.isSeen,
    onValue: (value) => told.push(value),
    onFailure: (error) => told.push(error),
  });
  return { poller, load, told, seen };
}

describe("Poller", () => {
  it("asks again while the value is open, and no more once it is closed", async () => {
    const { poller, load, told } = makePoller(["running", "running", "done"]);
    await poller.ask();
    await vi.advanceTimersByTimeAsync(POLL_MS * 10);
    expect(told).toEqual(["running", "running", "done"]);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it("asks once for a value that is closed", async () => {
    const { poller, load } = makePoller(["done"]);
    await poller.ask();
    await vi.advanceTimersByTimeAsync(POLL_MS * 10);
    expect(load).toHaveBeenCalledTimes(1);
  });

  it("rests while nobody looks, and asks at once when somebody does again", async () => {
    const { poller, load, seen } = makePoller(["running", "running", "running"]);
    seen.isSeen = false;
    await poller.ask();
    await vi.advanceTimersByTimeAsync(POLL_MS * 10);
    expect(load).toHaveBeenCalledTimes(1);
    seen.isSeen = true;
    poller.seenAgain();
    await vi.advanceTimersByTimeAsync(POLL_MS + 1);
    expect(load).toHaveBeenCalledTimes(3);
  });

  it("goes on after a failure in the middle", async () => {
    const lost = new Error("the server cannot be reached");
    const { poller, told } = makePoller(["running", lost, "done"]);
    await poller.ask();
    await vi.advanceTimersByTimeAsync(POLL_MS * 10);
    expect(told).toEqual(["running", lost, "done"]);
  });

  it("drops an answer that a later question overtook", async () => {
    const { poller, told } = makePoller(["old", "new"]);
    await Promise.all([poller.ask(), poller.ask()]);
    expect(told).toEqual(["new"]);
  });

  it("says nothing once it is stopped", async () => {
    const { poller, load, told } = makePoller(["running", "running"]);
    const asked = poller.ask();
    poller.stop();
    await asked;
    await vi.advanceTimersByTimeAsync(POLL_MS * 10);
    expect(told).toEqual([]);
    expect(load).toHaveBeenCalledTimes(1);
  });
});
