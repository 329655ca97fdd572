/** The toolbox: which tool gets what the pointer does, and who gets none. */
import { beforeEach, expect, it } from "vitest";
import { Toolbox } from "../../src/tools/toolbox";
import { at, Bench, drag } from "./bench";

let bench: Bench;
let dropped: number;
let fits: (tool: string) => boolean;

function toolbox(canEdit = true): Toolbox {
  return new Toolbox(bench.context, bench.inHand, { canEdit, fitLabel: (tool) => fits(tool), dropStroke: () => ++dropped > 99 });
}

beforeEach(() => {
  bench = new Bench();
  dropped = 0;
  fits = () => true;
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
  tools.panOnly.set(true);
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

it("takes the Area tool for one area, and then goes on with the tool before", () => {
  const tools = toolbox();
  tools.use("squiggle");
  tools.use("area");
  drag(tools, [[10, 10], [50, 40]]);
  expect(tools.letGo()).toBe(true);
  expect([bench.selection.area.get(), tools.inUse.get()]).toEqual([null, "area"]);
  expect(tools.letGo()).toBe(true);
  expect(tools.inUse.get()).toBe("squiggle");
  expect(tools.leaveArea()).toBe(false);
});

it("leaves a tool alone for which there is no label, and asks so for nobody who may not edit", () => {
  fits = (tool) => tool !== "squiggle";
  const tools = toolbox();
  tools.use("click");
  tools.use("squiggle");
  expect(tools.inUse.get()).toBe("click");
  fits = () => expect.unreachable("a viewer has no label to choose");
  toolbox(false).use("squiggle");
});
