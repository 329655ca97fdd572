/** Labels and tools: each brings the other along, and what no tool outlines is not offered. */
import { describe, expect, it } from "vitest";
import { gestureFor, typesOf } from "../../src/store/gestures";
import { Labels } from "../../src/store/labels";

const label = (id: number, object_type: "nucleus" | "cell" | "gland" | "region") =>
  ({ id, name: `label ${id}`, colour: "#ff0000", object_type, key: String(id) }) as const;

const ALL = [label(1, "region"), label(2, "nucleus"), label(3, "nucleus"), label(4, "gland"), label(5, "cell")];

it("glands are drawn, nuclei and cells are clicked, and what is unknown has no gesture", () => {
  const types = ["gland", "nucleus", "cell", "region", undefined] as const;
  expect(types.map(gestureFor)).toEqual(["squiggle", "click", "click", undefined, undefined]);
  expect([typesOf("click"), typesOf("squiggle"), typesOf("move")]).toEqual([["nucleus", "cell"], ["gland"], []]);
});

it("what no tool outlines is neither offered nor chosen at first, but keeps its name", () => {
  const labels = new Labels(ALL);
  expect(labels.offered.map(({ id }) => id)).toEqual([2, 3, 4, 5]);
  expect([labels.chosen.get(), labels.isOffered(1), labels.get(1)?.name]).toEqual([2, false, "label 1"]);
  expect(labels.types).toEqual(["nucleus", "gland", "cell"]);
  expect(new Labels([label(1, "region")]).chosen.get()).toBeNull();
});

describe("the label that goes with a tool", () => {
  it("is the chosen one where that fits", () => {
    const labels = new Labels(ALL);
    labels.chosen.set(3);
    expect(labels.forTool("click")?.id).toBe(3);
  });

  it("is the last chosen that fits, else the first", () => {
    const labels = new Labels(ALL);
    expect(labels.forTool("squiggle")?.id).toBe(4);
    for (const id of [3, 5, 4]) labels.chosen.set(id);
    expect(labels.forTool("click")?.id).toBe(5);
  });

  it("is none where the project has none", () => {
    expect(new Labels([label(2, "nucleus")]).forTool("squiggle")).toBeUndefined();
  });
});

it("the chosen label stays chosen as long as it is there", () => {
  const labels = new Labels([label(1, "nucleus"), label(2, "gland")]);
  labels.chosen.set(2);
  labels.renewed([label(2, "gland"), label(1, "nucleus"), label(3, "cell")]);
  expect(labels.chosen.get()).toBe(2);
  expect(labels.types).toEqual(["gland", "nucleus", "cell"]);
});

it("where it was deleted, the first that marks the same is chosen, else the first", () => {
  const labels = new Labels([label(1, "nucleus"), label(2, "gland"), label(3, "gland")]);
  labels.chosen.set(2);
  labels.renewed([label(1, "nucleus"), label(3, "gland")]);
  expect(labels.chosen.get()).toBe(3);
  labels.renewed([label(1, "nucleus")]);
  expect(labels.chosen.get()).toBe(1);
  labels.renewed([]);
  expect(labels.chosen.get()).toBe(null);
  labels.renewed([label(4, "cell")]);
  expect(labels.chosen.get()).toBe(4);
});
