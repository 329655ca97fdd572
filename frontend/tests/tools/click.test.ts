/** The Click tool against a real store: what each gesture asks and decides. */
import { beforeEach, describe, expect, it } from "vitest";
import { ClickTool } from "../../src/tools/click";
import { square, view } from "../objects";
import { at, Bench, drag } from "./bench";

let bench: Bench;
let tool: ClickTool;

beforeEach(() => {
  bench = new Bench();
  tool = new ClickTool(bench.context, bench.inHand, bench.mover);
});

describe("a click", () => {
  it("on free tissue asks for a new object", () => {
    tool.click(at(110, 110));
    expect(bench.asked[0]).toMatchObject([{ turn: 1, prompts: [{ x: 110, y: 110, positive: true }] }]);
    expect(bench.selection.current.get()).toBe(bench.asked[0]![0]!.objectId);
  });

  it("inside the proposal in hand corrects it with all its prompts", () => {
    tool.click(at(110, 110));
    const id = bench.answer();
    tool.click(at(115, 112));
    expect(bench.asked[1]).toMatchObject([{ objectId: id, turn: 2, prompts: [{ x: 110 }, { x: 115, positive: true }] }]);
    expect(bench.accepted).toEqual([]);
  });

  it("with Alt takes away from it, wherever it falls", () => {
    tool.click(at(110, 110));
    bench.answer();
    tool.click(at(300, 300, { alt: true }));
    expect(bench.asked[1]![0]!.prompts[1]).toMatchObject({ x: 300, positive: false });
  });

  it("with Alt and nothing in hand says what to do", () => {
    tool.click(at(300, 300, { alt: true }));
    expect(bench.asked).toEqual([]);
    expect(bench.said).toHaveLength(1);
  });

  it("elsewhere accepts the proposal in hand and asks for the next", () => {
    tool.click(at(110, 110));
    const id = bench.answer();
    tool.click(at(300, 300));
    expect(bench.accepted).toEqual([[[id], "next_click"]]);
    expect(bench.asked[1]![0]!.objectId).not.toBe(id);
  });

  it("elsewhere leaves it open when the person wants to be asked", () => {
    bench.acceptAsIGo = false;
    tool.click(at(110, 110));
    bench.answer();
    tool.click(at(300, 300));
    expect(bench.accepted).toEqual([]);
    expect(bench.asked).toHaveLength(2);
  });

  it("inside another proposal takes that one in hand", () => {
    bench.store.upsert([view("other")], 1);
    tool.click(at(110, 110));
    expect(bench.selection.current.get()).toBe("other");
    expect(bench.asked).toEqual([]);
  });

  it("with Ctrl selects an accepted object", () => {
    bench.store.upsert([view("done", { state: "accepted" })], 1);
    tool.click(at(110, 110, { ctrl: true }));
    expect(bench.selection.selected.get()).toBe("done");
    expect(bench.asked).toEqual([]);
  });
});

describe("a click near the object in hand", () => {
  beforeEach(() => {
    tool.click(at(110, 110));
    bench.answer();
  });

  it("just outside its rim extends it", () => {
    tool.click(at(123, 110));
    expect(bench.lastQuestion).toMatchObject({ turn: 2, prompts: [{ x: 110 }, { x: 123, positive: true }] });
    expect(bench.accepted).toEqual([]);
  });

  it("is a new one's beyond a share of its size, however few screen pixels that are", () => {
    tool.click({ ...at(125, 110), scale: 0.25 });
    expect(bench.lastQuestion.turn).toBe(1);
  });

  it("is a new one's beyond some screen pixels, however small that is beside it", () => {
    tool.click({ ...at(123, 110), scale: 4 });
    expect(bench.lastQuestion.turn).toBe(1);
  });

  it("but inside another object is the other's", () => {
    bench.store.upsert([view("next", { polygons: [{ exterior: square(121, 100, 20), holes: [] }] })], 2);
    tool.click(at(122, 110));
    expect([bench.asked.length, bench.selection.current.get()]).toEqual([1, "next"]);
  });

  it("is announced before it is done", () => {
    const kinds = [[110, 110], [123, 110], [200, 110]].map(([x, y]) => tool.aim(at(x!, y!)).kind);
    expect(kinds).toEqual(["correct", "extend", "new"]);
  });
});

describe("an object without an answer yet", () => {
  it("is meant by a click beside its click, though there is no outline to be inside of", () => {
    tool.click(at(110, 110));
    bench.answer({ state: "asked", polygons: [] });
    tool.click(at(114, 112));
    expect(bench.lastQuestion).toMatchObject({ objectId: bench.asked[0]![0]!.objectId, turn: 2 });
    tool.click(at(130, 112));
    expect(bench.lastQuestion.turn).toBe(1);
  });
});

describe("a gland that is just proposed", () => {
  it("leaves the nuclei in it to be clicked, and is itself corrected once it is selected", () => {
    bench.store.upsert([view("gland", { label_id: 3, polygons: [{ exterior: square(0, 0, 300), holes: [] }] })], 1);
    bench.selection.current.set("gland");
    tool.click(at(110, 110));
    expect(bench.lastQuestion.objectId).not.toBe("gland");
    expect(bench.accepted).toEqual([[["gland"], "next_click"]]);
    bench.selection.current.set("gland");
    bench.selection.selected.set("gland");
    tool.click(at(200, 200));
    expect(bench.lastQuestion.objectId).toBe("gland");
  });
});

describe("a proposal that covers an accepted object", () => {
  it("is left open by the click that goes elsewhere, in words", () => {
    tool.click(at(110, 110));
    bench.answer({ covers: [{ object_id: "done", base_version: 3 }] });
    tool.click(at(300, 300));
    expect(bench.accepted).toEqual([]);
    expect(bench.said[0]).toContain("covers an accepted object");
    expect(bench.asked).toHaveLength(2);
  });
});

describe("Shift", () => {
  it("collects points and asks for all of them at once on release", () => {
    tool.click(at(10, 10, { shift: true }));
    tool.click(at(20, 20, { shift: true }));
    expect(bench.asked).toEqual([]);
    expect(bench.selection.collected.get()).toHaveLength(2);
    tool.shiftReleased();
    expect(bench.asked).toHaveLength(1);
    expect(bench.asked[0]).toHaveLength(2);
    expect(bench.selection.collected.get()).toEqual([]);
    tool.shiftReleased();
    expect(bench.asked).toHaveLength(1);
  });
});

describe("a point that is collected twice", () => {
  it("is one point, however slow the second click was", () => {
    for (const x of [10, 14, 30]) tool.click(at(x, 10, { shift: true }));
    expect(bench.selection.collected.get().map(({ x }) => x)).toEqual([10, 30]);
  });
});

describe("an accepted object", () => {
  it("of the chosen label's type is selected by a click inside, and corrected by the next", () => {
    bench.store.upsert([view("done", { state: "accepted", label_id: 2 })], 1);
    tool.click(at(110, 110));
    expect([bench.asked, bench.selection.selected.get(), bench.selection.current.get()]).toEqual([[], "done", null]);
    tool.click(at(112, 108));
    expect(bench.lastQuestion).toMatchObject({ objectId: "done", turn: 2, start: "mask" });
  });

  it("that is selected so takes leave of the proposal in hand", () => {
    tool.click(at(300, 300));
    const id = bench.answer({ polygons: [{ exterior: square(290, 290, 20), holes: [] }] });
    bench.store.upsert([view("done", { state: "accepted" })], 1);
    tool.click(at(110, 110));
    expect([bench.accepted, bench.selection.selected.get()]).toEqual([[[[id], "next_click"]], "done"]);
  });

  it("of another type lets a click ask for a new one inside it", () => {
    bench.store.upsert([view("gland", { state: "accepted", label_id: 3 })], 1);
    tool.click(at(110, 110));
    expect(bench.lastQuestion).toMatchObject({ turn: 1, start: "nothing" });
    expect(bench.lastQuestion.objectId).not.toBe("gland");
  });

  it("takes another inside it with Shift", () => {
    bench.store.upsert([view("done", { state: "accepted" })], 1);
    bench.selection.selected.set("done");
    tool.click(at(110, 110, { shift: true }));
    tool.shiftReleased();
    expect(bench.lastQuestion).toMatchObject({ turn: 1, start: "nothing" });
    expect(bench.lastQuestion.objectId).not.toBe("done");
    expect([bench.selection.selected.get(), bench.selection.current.get()]).toEqual([null, bench.lastQuestion.objectId]);
  });

  it("that is selected is corrected from its mask by a click inside", () => {
    bench.selectAccepted();
    tool.click(at(112, 108));
    expect(bench.lastQuestion).toMatchObject({ objectId: "done", turn: 2, start: "mask" });
    expect(bench.lastQuestion.prompts).toEqual([{ kind: "click", x: 112, y: 108, positive: true }]);
    expect(bench.selection.current.get()).toBe("done");
  });

  it("and by an Alt-click anywhere, with no positive prompt at all", () => {
    bench.selectAccepted();
    tool.click(at(300, 300, { alt: true }));
    expect(bench.lastQuestion).toMatchObject({ objectId: "done", start: "mask", prompts: [{ positive: false }] });
  });

  it("keeps its start over the turns of the correction", () => {
    bench.selectAccepted();
    tool.click(at(112, 108));
    bench.answer({ correcting: true });
    tool.click(at(105, 105, { alt: true }));
    expect(bench.lastQuestion).toMatchObject({ turn: 3, start: "mask", prompts: [{ x: 112 }, { x: 105, positive: false }] });
  });

  it("is left by a click elsewhere, and not accepted a second time", () => {
    bench.selectAccepted();
    tool.click(at(300, 300));
    expect(bench.lastQuestion.objectId).not.toBe("done");
    expect(bench.accepted).toEqual([]);
    expect(bench.selection.selected.get()).toBeNull();
  });
});

describe("a proposal that no prompt made", () => {
  it("is corrected from its mask", () => {
    bench.store.upsert([view("automatic", { prompts: [] })], 1);
    bench.selection.current.set("automatic");
    tool.click(at(110, 110));
    expect(bench.lastQuestion).toMatchObject({ objectId: "automatic", turn: 2, start: "mask", prompts: [{ x: 110 }] });
  });
});

describe("where no model answers", () => {
  it("a click asks nothing and leaves what is in hand", () => {
    tool.click(at(110, 110));
    const id = bench.answer();
    bench.hasModel = false;
    tool.click(at(300, 300));
    expect(bench.asked).toHaveLength(1);
    expect(bench.accepted).toEqual([]);
    expect(bench.selection.current.get()).toBe(id);
  });
});

describe("a dragged prompt", () => {
  it("asks for the same object anew from where it was let go", () => {
    tool.click(at(110, 110));
    const id = bench.answer({ polygons: [{ exterior: square(90, 90, 60), holes: [] }] });
    expect(drag(tool, [[111, 109], [130, 109], [121, 119]])).toBe(true);
    expect(bench.lastQuestion).toMatchObject({ objectId: id, turn: 2, start: "nothing", prompts: [{ x: 120, y: 120 }] });
  });

  it("is shown on its way, and where it was when the drag is given up", () => {
    tool.click(at(110, 110));
    const id = bench.answer({ polygons: [{ exterior: square(90, 90, 60), holes: [] }] });
    const stroke = tool.press(at(110, 110))!;
    stroke.extend([[115, 112]]);
    expect(bench.selection.moved.get()).toMatchObject({ id, prompts: [{ x: 115, y: 112 }] });
    stroke.cancel();
    expect(bench.selection.moved.get()).toBeNull();
    expect(bench.asked).toHaveLength(1);
  });

  it("stays on the slide", () => {
    tool.click(at(110, 110));
    bench.answer({ polygons: [{ exterior: square(90, 90, 60), holes: [] }] });
    drag(tool, [[110, 110], [-500, 9000]]);
    expect(bench.lastQuestion.prompts).toEqual([{ kind: "click", x: 0, y: 799, positive: true }]);
  });

  it("of an accepted object starts a correction from the same prompts", () => {
    bench.store.upsert([view("done", { state: "accepted", polygons: [{ exterior: square(90, 90, 60), holes: [] }] })], 1);
    bench.selection.selected.set("done");
    drag(tool, [[110, 110], [120, 110]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: "done", turn: 2, start: "nothing", prompts: [{ x: 120 }] });
  });

  it("of an accepted correction starts from the mask that it corrected then", () => {
    bench.store.upsert([view("done", { state: "accepted", start: "mask", polygons: [{ exterior: square(90, 90, 60), holes: [] }] })], 1);
    bench.selection.selected.set("done");
    drag(tool, [[110, 110], [120, 110]]);
    expect(bench.lastQuestion).toMatchObject({ objectId: "done", start: "kept" });
  });

  it("is not taken hold of from far away, nor beside it", () => {
    tool.click(at(110, 110));
    bench.answer();
    expect(tool.press(at(110, 110))).toBeNull();
    expect(tool.press({ ...at(110, 110), scale: 2 })).not.toBeNull();
    expect(tool.press({ ...at(116, 110), scale: 2 })).toBeNull();
  });
});
