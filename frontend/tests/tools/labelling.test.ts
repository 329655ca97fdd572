/** The label and the tool go together, whichever of them changes. */
import { beforeEach, expect, it } from "vitest";
import { Labels } from "../../src/store/labels";
import { Labelling } from "../../src/tools/labelling";
import type { ToolName } from "../../src/tools/tool";

const label = (id: number, object_type: "nucleus" | "cell" | "gland" | "region") =>
  ({ id, name: `label ${id}`, colour: "#ff0000", object_type, key: null }) as const;

const TUMOUR = label(1, "nucleus");
const STROMA = label(2, "nucleus");
const GLAND = label(3, "gland");

let labels: Labels;
let labelling: Labelling;
let tool: ToolName;
let isSelected: boolean;
let relabelled: number[];
let said: string[];

beforeEach(() => {
  labels = new Labels([TUMOUR, STROMA, GLAND]);
  tool = "click";
  isSelected = false;
  relabelled = [];
  said = [];
  labelling = new Labelling({
    canEdit: true,
    labels,
    toolInUse: () => tool,
    useTool: (name) => labelling.fitLabel(name) && (tool = name),
    hasSelected: () => isSelected,
    relabel: (labelId) => relabelled.push(labelId),
    say: (tone, words) => said.push(`${tone}: ${words}`),
  });
});

it("a label brings the tool that outlines it, and the selected object takes it", () => {
  labelling.choose(3);
  expect([tool, labels.chosen.get(), relabelled, said]).toEqual(["squiggle", 3, [3], []]);
});

it("who gives labels with the Move tool, or draws an area, keeps that tool", () => {
  tool = "move";
  isSelected = true;
  labelling.choose(3);
  expect(tool).toBe("move");
  tool = "area";
  labelling.choose(1);
  expect(tool).toBe("area");
});

it("a tool brings a label that it can outline, and says so", () => {
  expect(labelling.fitLabel("squiggle")).toBe(true);
  expect(labels.chosen.get()).toBe(3);
  expect(said).toEqual(["info: This tool outlines glands: the next object is labelled label 3."]);
});

it("a tool without such a label is refused, and who adds one is said", () => {
  labels.renewed([TUMOUR]);
  expect(labelling.fitLabel("squiggle")).toBe(false);
  expect(said).toEqual(["warning: No label of this project marks glands, which this tool outlines: a project admin adds one."]);
});

it("the tool makes way when the last label that it outlines is deleted", () => {
  labelling.choose(3);
  labelling.renewed([TUMOUR, STROMA]);
  expect([labels.chosen.get(), tool]).toEqual([1, "click"]);
});

it("the tool makes way when its label comes to mark something else", () => {
  labels.chosen.set(2);
  labelling.renewed([TUMOUR, label(2, "gland"), GLAND]);
  expect([labels.chosen.get(), tool]).toEqual([2, "squiggle"]);
  labelling.renewed([TUMOUR, label(2, "region"), GLAND]);
  expect([labels.chosen.get(), tool]).toEqual([3, "squiggle"]);
});

it("the tool stays when labels change that it does not need", () => {
  labelling.renewed([{ ...TUMOUR, name: "Tumour" }, STROMA]);
  expect([labels.chosen.get(), tool]).toEqual([1, "click"]);
  tool = "move";
  labelling.renewed([GLAND]);
  expect([labels.chosen.get(), tool]).toEqual([3, "move"]);
});
