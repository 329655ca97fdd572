/** Events in order: repeats dropped, early ones kept, missing ones asked for. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventOrder } from "../../src/live/event-order";
import type { ObjectsUpserted } from "../../src/store/messages";

const event = (seq: number): ObjectsUpserted => ({
  kind: "objects.upserted",
  seq,
  objects: [],
  command_id: null,
  times: null,
});

let applied: number[];
let asked: number[];
let order: EventOrder;

beforeEach(() => {
  vi.useFakeTimers();
  applied = [];
  asked = [];
  order = new EventOrder(
    (each) => applied.push(each.seq),
    (since) => asked.push(since),
  );
});

afterEach(() => vi.useRealTimers());

describe("EventOrder", () => {
  it("holds events back until the snapshot gave the first number", () => {
    order.receive(event(6));
    order.receive(event(5));
    expect(applied).toEqual([]);
    order.startAt(5);
    expect(applied).toEqual([6]);
  });

  it("drops repeats", () => {
    order.startAt(0);
    for (const seq of [1, 1, 2, 1, 2]) order.receive(event(seq));
    expect(applied).toEqual([1, 2]);
  });

  it("asks for a gap once, waits, and applies all in order", () => {
    order.startAt(0);
    for (const seq of [3, 2, 4]) order.receive(event(seq));
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual([0]);
    expect(applied).toEqual([]);
    order.receive(event(1));
    expect(applied).toEqual([1, 2, 3, 4]);
  });

  it("does not ask when events only overtook each other", () => {
    order.startAt(0);
    for (const seq of [2, 1, 4, 3]) order.receive(event(seq));
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual([]);
    expect(applied).toEqual([1, 2, 3, 4]);
  });

  it("asks again when the missing event does not come", () => {
    order.startAt(0);
    order.receive(event(2));
    vi.advanceTimersByTime(2_200);
    expect(asked).toEqual([0, 0]);
  });

  it("asks when a heartbeat knows a later number", () => {
    order.startAt(3);
    order.noticeSeq(3);
    expect(asked).toEqual([]);
    order.noticeSeq(4);
    vi.advanceTimersByTime(1_000);
    expect(asked).toEqual([3]);
  });

  it("starts anew after a reset", () => {
    order.startAt(3);
    order.restart();
    order.receive(event(51));
    order.startAt(50);
    expect(applied).toEqual([51]);
  });
});
