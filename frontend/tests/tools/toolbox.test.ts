/** The toolbox: which tool gets what the pointer does, and who gets none. */
import { beforeEach, expect, it } from "vitest";
import { Toolbox } from "../../src/tools/toolbox";
import { at, Bench } from "./bench";

let bench: Bench;
let dropped: number;

function toolbox(canEdit = true): Toolbox {
  return new Toolbox(bench.context, bench.inHand, { canEdit, dropStroke: () => ++dropped > 99 });
}

beforeEach(() => {
  bench = new Bench();
  dropped = 0;
});

it("hands a click on the slide to the tool in use", () => {
  const tools = toolbox();
  tools.use("click");
  tools.click(at(50, 50));
  expect(bench.asked).toHaveLength(1);
});

it("does nothing beside the slide, or while the hand only pans", () => {
  const tools = toolbox();
  tools.use("click");
  tools.click(at(-1, 50));
  tools.use("squiggle");
  tools.panOnly = true;
  tools.click(at(50, 50));
  expect(tools.press(at(50, 50))).toBeNull();
  expect(bench.asked).toEqual([]);
});

it("leaves who may not edit the Move tool alone", () => {
  const tools = toolbox(false);
  tools.use("squiggle");
  expect(tools.inUse.get()).toBe("move");
  expect(tools.press(at(50, 50))).toBeNull();
});

it("drops what is half done with another tool", () => {
  const tools = toolbox();
  tools.use("click");
  tools.click(at(50, 50, { shift: true }));
  tools.use("squiggle");
  expect(bench.selection.collected.get()).toEqual([]);
  expect(tools.letGo()).toBe(false);
  expect(dropped).toBe(3);
});
