/** What the resting pointer announces is what the next click does, whatever changed under it. */
import { beforeEach, expect, it } from "vitest";
import { Pointing } from "../../src/tools/pointing";
import { Toolbox } from "../../src/tools/toolbox";
import { view } from "../objects";
import { at, Bench } from "./bench";

let bench: Bench;
let tools: Toolbox;
let pointing: Pointing;

const announced = () => [pointing.nextClick.get(), bench.selection.hovered.get(), pointing.isOverHandle.get()];

beforeEach(() => {
  bench = new Bench();
  tools = new Toolbox(bench.context, bench.inHand, { canEdit: true, fitLabel: () => true, dropStroke: () => false });
  pointing = new Pointing(bench.store, bench.selection, tools);
  tools.use("click");
});

it("follows the tool under a pointer that rests", () => {
  bench.store.upsert([view("done", { state: "accepted" })], 1);
  pointing.moved(at(105, 105));
  expect(announced()).toEqual(["select", "done", false]);
  tools.use("move");
  expect(announced()).toEqual([null, "done", false]);
  tools.use("squiggle");
  expect(announced()).toEqual(["select", "done", false]);
});

it("announces nothing while the hand only pans, not even a prompt that could be moved", () => {
  tools.click(at(110, 110));
  bench.answer();
  pointing.moved({ ...at(110, 110), scale: 4 });
  expect(announced()).toEqual(["correct", bench.selection.current.get(), true]);
  tools.panOnly.set(true);
  expect(announced()).toEqual([null, bench.selection.current.get(), false]);
  tools.panOnly.set(false);
  expect(announced()).toEqual(["correct", bench.selection.current.get(), true]);
});

it("changes with the objects and what is selected, and ends where the pointer leaves", () => {
  pointing.moved(at(105, 105));
  expect(pointing.nextClick.get()).toBe("new");
  bench.store.upsert([view("done", { state: "accepted" })], 1);
  expect(pointing.nextClick.get()).toBe("select");
  bench.selection.selected.set("done");
  expect(pointing.nextClick.get()).toBe("correct");
  pointing.moved(null);
  expect(announced()).toEqual([null, null, false]);
});
