/** The Area tool: a rectangle between two corners in whole pixels, drawn anew, given up, and never flat. */
import { beforeEach, expect, it } from "vitest";
import { AreaTool } from "../../src/tools/area";
import { at, Bench, drag } from "./bench";

let bench: Bench;
let tool: AreaTool;

const drawn = () => bench.selection.area.get();

beforeEach(() => {
  bench = new Bench();
  tool = new AreaTool(bench.context);
});

it("draws between two corners, whichever comes first", () => {
  drag(tool, [[300.4, 200.2], [250, 120], [100.6, 50.7]]);
  expect(drawn()).toEqual({ minX: 101, minY: 51, maxX: 300, maxY: 200 });
});

it("draws anew in place of the one before", () => {
  drag(tool, [[0, 0], [10, 10]]);
  drag(tool, [[20, 20], [60, 50]]);
  expect(drawn()).toEqual({ minX: 20, minY: 20, maxX: 60, maxY: 50 });
});

it("keeps the one before where the new one is given up, or has no area", () => {
  drag(tool, [[0, 0], [10, 10]]);
  const before = drawn();
  const stroke = tool.press(at(20, 20));
  stroke.extend([[40, 40]]);
  stroke.cancel();
  expect(drawn()).toBe(before);
  drag(tool, [[20, 20], [60, 20.3]]);
  expect(drawn()).toBe(before);
});

it("lets go of what is drawn, once", () => {
  drag(tool, [[0, 0], [10, 10]]);
  expect(tool.cancel()).toBe(true);
  expect(drawn()).toBeNull();
  expect(tool.cancel()).toBe(false);
});

it("says what to do when it is only clicked", () => {
  tool.click();
  expect(bench.said[0]).toContain("Drag");
});
