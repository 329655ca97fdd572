import { expect, test } from "vitest";
import { Labels, type Label } from "../../src/store/labels";

const label = (id: number, object_type: Label["object_type"]): Label => ({ id, name: `label ${id}`, colour: "#ffffff", object_type, key: null });

test("the chosen label stays chosen as long as it is there", () => {
  const labels = new Labels([label(1, "nucleus"), label(2, "gland")]);
  labels.chosen.set(2);
  labels.renewed([label(2, "gland"), label(1, "nucleus"), label(3, "cell")]);
  expect(labels.chosen.get()).toBe(2);
  expect(labels.types).toEqual(["gland", "nucleus", "cell"]);
});

test("where it was deleted, the first that marks the same is chosen, else the first", () => {
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
