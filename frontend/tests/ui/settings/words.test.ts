import { expect, test } from "vitest";
import type { SplitSlide } from "../../../src/api/settings";
import { apartInWords, decidedInWords } from "../../../src/ui/settings/split-words";
import { bytesOf, freeColour, heldInWords, moved, PALETTE } from "../../../src/ui/settings/words";

const held = (accepted: number, undecided = 0, gone = 0) => ({ accepted, undecided, gone });

test("what a label's objects are said to be", () => {
  expect(heldInWords(held(0), "nucleus")).toBe("no objects");
  expect(heldInWords(held(1), "nucleus")).toBe("1 nucleus");
  expect(heldInWords(held(1234, 3), "gland")).toBe("1,234 glands, 3 undecided");
  expect(heldInWords(held(0, 2), "cell")).toBe("2 undecided");
});

test("a new label takes a colour that no other has, as long as there is one", () => {
  expect(freeColour([])).toBe(PALETTE[0]);
  expect(freeColour([{ colour: PALETTE[0] }, { colour: PALETTE[2] }])).toBe(PALETTE[1]);
  expect(PALETTE).toContain(freeColour(PALETTE.map((colour) => ({ colour }))));
});

test("one place up or down", () => {
  expect(moved([1, 2, 3], 1, -1)).toEqual([2, 1, 3]);
  expect(moved([1, 2, 3], 1, 1)).toEqual([1, 3, 2]);
});

test("guidelines are measured as the server does", () => {
  expect(bytesOf("µm")).toBe(3);
});

const slide = (part: SplitSlide["part"], objects: number): SplitSlide => ({
  id: objects, name: `slide ${objects}`, patient: "", part, decided_at: null, objects,
});
const kind = (...slides: SplitSlide[]) => ({ object_type: "nucleus" as const, stain: "H&E", slides });

test("the split in words", () => {
  expect(apartInWords(kind(slide("held_out", 57), slide("training", 230)))).toBe(
    "57 nuclei lie on a slide that is kept apart for measuring; 230 nuclei on another are trained on.",
  );
  expect(apartInWords(kind(slide("held_out", 1), slide("training", 2), slide("training", 3)))).toBe(
    "1 nucleus lies on a slide that is kept apart for measuring; 5 nuclei on 2 others are trained on.",
  );
  expect(apartInWords(kind(slide("held_out", 4), slide("held_out", 5)))).toBe(
    "9 nuclei lie on 2 slides that are kept apart for measuring; none to train on yet.",
  );
  expect(apartInWords(kind(slide("training", 7)))).toContain("No nuclei lie on a slide that is kept apart, 7 nuclei on others");
  expect(decidedInWords(slide("training", 7))).toBe("not yet");
});
