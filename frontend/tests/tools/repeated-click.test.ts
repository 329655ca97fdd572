/** Double-clicks: what is the same click once more, and what is another, however quick. */
import { beforeEach, describe, expect, it } from "vitest";
import { RepeatedClick } from "../../src/tools/repeated-click";
import type { ToolClick } from "../../src/tools/tool";
import { Toolbox } from "../../src/tools/toolbox";
import { view } from "../objects";
import { at, Bench } from "./bench";

const click = (x: number, y: number, pointerUp: number, more: Partial<ToolClick> = {}): ToolClick => ({ ...at(x, y), pointerUp, ...more });

/** Which of these clicks, one after the other, repeat the one before? */
function repeated(...clicks: ToolClick[]): boolean[] {
  const last = new RepeatedClick();
  return clicks.map((each) => last.repeats(each));
}

describe("a click", () => {
  it("at the same place within half a second is the one before once more, and so is a third", () => {
    expect(repeated(click(50, 50, 0), click(52, 51, 180), click(51, 50, 400))).toEqual([false, true, true]);
  });

  it("that comes later is one of its own", () => {
    expect(repeated(click(50, 50, 0), click(50, 50, 520))).toEqual([false, false]);
  });

  it("elsewhere is one of its own, however quick", () => {
    expect(repeated(click(50, 50, 0), click(58, 50, 60), click(50, 50, 120))).toEqual([false, false, false]);
  });

  it("is told apart on the screen, not on the slide", () => {
    expect(repeated(click(50, 50, 0, { scale: 4 }), click(52, 50, 100, { scale: 4 }))).toEqual([false, false]);
    expect(repeated(click(50, 50, 0, { scale: 0.1 }), click(80, 50, 100, { scale: 0.1 }))).toEqual([false, true]);
  });

  it("of a pen may tremble, and of a finger lie beside", () => {
    const quick = (pointer: ToolClick["pointer"], by: number) =>
      repeated(click(50, 50, 0, { pointer }), click(50 + by, 50, 200, { pointer }))[1];
    expect([quick("mouse", 8), quick("pen", 8), quick("pen", 15), quick("touch", 15), quick("touch", 25)]).toEqual([
      false, true, false, true, false,
    ]);
  });

  it("with another key held means something else", () => {
    expect(repeated(click(50, 50, 0, { ctrl: true }), click(50, 50, 100))).toEqual([false, false]);
  });
});

describe("the toolbox", () => {
  let bench: Bench;
  let tools: Toolbox;
  const twice = (more: Partial<ToolClick> = {}) => [0, 150].forEach((time) => tools.click(click(110, 110, time, more)));

  beforeEach(() => {
    bench = new Bench();
    tools = new Toolbox(bench.context, bench.inHand, { canEdit: true, dropStroke: () => false, fitLabel: () => true });
  });

  it.each(["click", "squiggle"] as const)("asks once for a double-click with the %s tool", (name) => {
    tools.use(name);
    twice();
    expect(bench.asked).toHaveLength(1);
    expect(bench.accepted).toEqual([]);
  });

  it("collects one point of a double-click with Shift", () => {
    tools.use("click");
    twice({ shift: true });
    expect(bench.selection.collected.get()).toHaveLength(1);
  });

  it("takes nothing away twice", () => {
    bench.selectAccepted();
    tools.use("click");
    twice({ alt: true });
    expect(bench.asked).toHaveLength(1);
  });

  it("selects an accepted object by a double-click, and does not correct it at once", () => {
    bench.store.upsert([view("done", { state: "accepted" })], 1);
    tools.use("click");
    twice();
    expect([bench.asked, bench.selection.selected.get()]).toEqual([[], "done"]);
  });

  it("asks for two nuclei that are clicked in one breath", () => {
    tools.use("click");
    tools.click(click(110, 110, 0));
    tools.click(click(130, 110, 90));
    expect(bench.asked).toHaveLength(2);
  });

  it("takes a click after a change of tools as it is", () => {
    tools.use("click");
    tools.click(click(110, 110, 0));
    tools.use("squiggle");
    tools.click(click(110, 110, 200));
    expect(bench.asked).toHaveLength(2);
  });
});
