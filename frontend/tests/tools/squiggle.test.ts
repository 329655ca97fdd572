/** The Squiggle tool against a real store: which line asks, extends, takes away or goes on to the next. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Squiggle } from "../../src/store/messages";
import { SquiggleTool } from "../../src/tools/squiggle";
import { square, view } from "../objects";
import { at, Bench, drag } from "./bench";

const GLAND = { polygons: [{ exterior: square(100, 100, 200), holes: [] }] };

let bench: Bench;
let tool: SquiggleTool;

beforeEach(() => {
  bench = new Bench();
  tool = new SquiggleTool(bench.context, bench.inHand, bench.mover);
});

describe("a line", () => {
  it("asks for a new object with the points that it needs", () => {
    drag(tool, [[120, 200], [150, 200.2], [200, 200], [200, 260]]);
    expect(bench.lastQuestion).toMatchObject({ turn: 1, start: "nothing" });
    expect(bench.lastQuestion.prompts).toEqual([
      { kind: "squiggle", points: [[120, 200], [200, 200], [200, 260]], positive: true },
    ]);
    expect(bench.selection.current.get()).toBe(bench.lastQuestion.objectId);
  });

  it("is ink under the pen until it is let go", () => {
    const stroke = tool.press(at(120, 200))!;
    expect(bench.selection.ink.get()).toMatchObject({ points: [[120, 200]], positive: true, objectId: null });
    stroke.extend([[130, 200], [140, 205]]);
    expect(bench.selection.ink.get()!.points).toHaveLength(3);
    stroke.end(9);
    expect(bench.selection.ink.get()).toBeNull();
  });

  it("asks nothing when it is given up", () => {
    const stroke = tool.press(at(120, 200))!;
    stroke.extend([[180, 200]]);
    stroke.cancel();
    expect(bench.asked).toEqual([]);
    expect(bench.selection.ink.get()).toBeNull();
  });

  it("leaves no ink where it could not be kept, as with a full storage", () => {
    bench.context.intentions.segment = () => {
      throw new Error("QuotaExceededError");
    };
    const stroke = tool.press(at(120, 200))!;
    stroke.extend([[180, 200]]);
    expect(() => stroke.end(9)).toThrow("QuotaExceededError");
    expect(bench.selection.ink.get()).toBeNull();
  });

  it("that begins inside the proposal extends it with all its lines", () => {
    drag(tool, [[120, 200], [200, 200]]);
    const id = bench.answer(GLAND);
    drag(tool, [[250, 250], [400, 260]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: id, turn: 2, start: "nothing" });
    expect(bench.lastQuestion.prompts).toHaveLength(2);
    expect(bench.accepted).toEqual([]);
  });

  it("that begins on the ink extends an object without answer", () => {
    drag(tool, [[120, 200], [200, 200]]);
    bench.store.upsert([view(bench.lastQuestion.objectId, { state: "asked", polygons: [], prompts: [...bench.lastQuestion.prompts] })], 1);
    drag(tool, [[205, 208], [300, 208]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: bench.asked[0]![0]!.objectId, turn: 2 });
    expect(bench.lastQuestion.prompts).toHaveLength(2);
  });

  it("elsewhere accepts the object in hand and begins the next", () => {
    drag(tool, [[120, 200], [200, 200]]);
    const id = bench.answer(GLAND);
    drag(tool, [[500, 500], [560, 500]]);
    expect(bench.accepted).toEqual([[[id], "next_click"]]);
    expect(bench.lastQuestion).toMatchObject({ turn: 1 });
    expect(bench.lastQuestion.objectId).not.toBe(id);
  });

  it("that begins elsewhere is a new object even when it ends inside the one in hand", () => {
    drag(tool, [[120, 200], [200, 200]]);
    const id = bench.answer(GLAND);
    drag(tool, [[500, 500], [200, 200]]);
    expect(bench.lastQuestion.objectId).not.toBe(id);
  });

  it("with Alt takes a part away, wherever it begins", () => {
    drag(tool, [[120, 200], [200, 200]]);
    const id = bench.answer(GLAND);
    drag(tool, [[500, 500], [560, 500]], { alt: true });
    expect(bench.lastQuestion.objectId).toBe(id);
    expect(bench.lastQuestion.prompts[1]).toMatchObject({ kind: "squiggle", positive: false });
  });

  it("with Alt and nothing in hand says what to do", () => {
    drag(tool, [[120, 200], [200, 200]], { alt: true });
    expect(bench.asked).toEqual([]);
    expect(bench.said).toHaveLength(1);
  });

  it("inside a selected accepted object corrects its mask", () => {
    bench.selectAccepted();
    drag(tool, [[105, 105], [160, 110]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: "done", turn: 2, start: "mask" });
    expect(bench.lastQuestion.prompts).toHaveLength(1);
  });

  it("inside an open object that is accepted meanwhile selects it, and corrects nothing", () => {
    bench.chosenLabel = 3;
    bench.store.upsert([view("open", { ...GLAND, label_id: 3 })], 1);
    const stroke = tool.press(at(120, 200))!;
    stroke.extend([[200, 200]]);
    bench.store.upsert([view("open", { ...GLAND, label_id: 3, state: "accepted", version: 2 })], 2);
    stroke.end(9);
    expect([bench.selection.selected.get(), bench.asked]).toEqual(["open", []]);
  });

  it("inside an accepted object selects it, and asks nothing of the model yet", () => {
    bench.chosenLabel = 3;
    bench.store.upsert([view("done", { ...GLAND, state: "accepted", label_id: 3 })], 1);
    drag(tool, [[150, 150], [260, 160]]);
    expect([bench.asked, bench.selection.selected.get(), bench.said.length]).toEqual([[], "done", 1]);
    drag(tool, [[150, 150], [260, 160]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: "done", turn: 2, start: "mask" });
  });

  it("with Shift begins another inside it, as it does in the object in hand", () => {
    bench.selectAccepted();
    drag(tool, [[105, 105], [115, 110]], { shift: true });
    expect(bench.lastQuestion).toMatchObject({ turn: 1, start: "nothing" });
    drag(tool, [[105, 105], [115, 110]], { shift: true });
    expect(bench.asked).toHaveLength(2);
    expect(bench.lastQuestion.turn).toBe(1);
  });

  it("inside another proposal takes that in hand and extends it", () => {
    bench.store.upsert([view("other", GLAND)], 1);
    drag(tool, [[150, 150], [260, 160]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: "other", turn: 2 });
    expect(bench.selection.current.get()).toBe("other");
  });

  it("that begins at the rim of the object in hand extends it", () => {
    drag(tool, [[120, 200], [200, 200]]);
    const id = bench.answer(GLAND);
    drag(tool, [[305, 200], [340, 200]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: id, turn: 2 });
  });

  it("over a click of the object in hand moves the click, over its own lines draws on", () => {
    const prompts = [
      { kind: "click" as const, x: 150, y: 150, positive: true },
      { kind: "squiggle" as const, points: [[180, 180], [220, 180]] as [number, number][], positive: true },
    ];
    bench.store.upsert([view("gland", { ...GLAND, prompts })], 1);
    bench.selection.current.set("gland");
    drag(tool, [[150, 150], [170, 150]]);
    expect(bench.lastQuestion.prompts).toMatchObject([{ x: 170 }, { kind: "squiggle" }]);
    bench.answer({ ...GLAND, version: 2 });
    drag(tool, [[200, 180], [200, 240]]);
    expect(bench.lastQuestion.prompts).toHaveLength(3);
  });

  it("of more points than the server takes is told more coarsely", () => {
    const zigzag = Array.from({ length: 10_000 }, (_, i): [number, number] => [100 + i / 20, 200 + (i % 2) * 3]);
    drag(tool, zigzag);
    const { points } = bench.lastQuestion.prompts[0] as Squiggle;
    expect(points.length).toBeLessThanOrEqual(2_000);
    expect([points[0], points.at(-1)]).toEqual([zigzag[0], zigzag.at(-1)]);
  });
});

describe("a tap", () => {
  it("is a line of one point", () => {
    tool.click(at(150, 150));
    expect(bench.lastQuestion.prompts).toEqual([{ kind: "squiggle", points: [[150, 150]], positive: true }]);
  });

  it("inside the object in hand corrects it, with Alt it takes away", () => {
    drag(tool, [[120, 200], [200, 200]]);
    bench.answer(GLAND);
    tool.click(at(250, 250));
    expect(bench.lastQuestion.prompts).toHaveLength(2);
    tool.click(at(500, 500, { alt: true }));
    expect(bench.lastQuestion.prompts.at(-1)).toMatchObject({ points: [[500, 500]], positive: false });
  });

  it("inside another proposal takes that one in hand", () => {
    bench.store.upsert([view("other")], 1);
    tool.click(at(110, 110));
    expect(bench.selection.current.get()).toBe("other");
    expect(bench.asked).toEqual([]);
  });

  it("with Ctrl selects", () => {
    bench.store.upsert([view("done", { state: "accepted" })], 1);
    tool.click(at(110, 110, { ctrl: true }));
    expect(bench.selection.selected.get()).toBe("done");
    expect(tool.press(at(110, 110, { ctrl: true }))).toBeNull();
  });
});

describe("the last prompt", () => {
  it("is taken back, and the object asked for anew with those before it", () => {
    drag(tool, [[120, 200], [200, 200]]);
    bench.answer(GLAND);
    drag(tool, [[250, 250], [280, 260]]);
    bench.answer(GLAND);
    expect(bench.inHand.takeBackLast(bench.inHand.open()!, 9)).toBe(true);
    expect(bench.lastQuestion).toMatchObject({ turn: 3, prompts: [{ points: [[120, 200], [200, 200]] }] });
    bench.answer(GLAND);
    expect(bench.inHand.takeBackLast(bench.inHand.open()!, 9)).toBe(false);
    expect(bench.asked).toHaveLength(3);
  });
});
