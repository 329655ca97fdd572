import { describe, expect, it } from "vitest";
import type { ModelVersion } from "../../../src/api/learning";
import { decimal, judgeChange, kindInWords, referenceInWords, SCORES, signed, versionInWords } from "../../../src/ui/learning/words";

const shipped = { id: 1, name: "nuclick-nucleus-he", object_type: "nucleus", stain: "H&E", shipped: true } as ModelVersion;
const trained = { ...shipped, id: 2, name: "nuclick-nucleus-p1-abc", shipped: false, created_at: "2020-11-21T14:05:00" };

const scoreOf = (key: string) => SCORES.find((score) => score.key === key)!;

describe("names", () => {
  it("of kinds say what and on which stain", () => {
    expect(kindInWords(shipped)).toBe("Nuclei, H&E");
    expect(kindInWords({ object_type: "gland", stain: "" })).toBe("Glands, any stain");
  });

  it("of versions say when they were made, or which weights came with Squiggle", () => {
    expect(versionInWords(shipped)).toBe("Nuclei, H&E · shipped, nuclick-nucleus-he");
    expect(versionInWords(trained)).toBe("Nuclei, H&E · 21 Nov 2020 14:05");
  });

  it("of versions that something refers to are found by number or by name, and stay what they are where they are not", () => {
    const versions = [shipped, trained];
    expect(referenceInWords({ id: 2, name: "renamed" }, versions)).toBe(versionInWords(trained));
    expect(referenceInWords({ name: shipped.name }, versions)).toBe(versionInWords(shipped));
    expect(referenceInWords({ id: 9, name: "gone" }, versions)).toBe("gone");
  });
});

describe("figures", () => {
  it("bear a sign where they are changes, and none where nothing is seen to change", () => {
    expect([0.0123, -0.0123, 0.0004, -0.0004, 0].map((value) => signed(value))).toEqual(["+0.012", "−0.012", "0.000", "0.000", "0.000"]);
  });

  it("are a dash where they are not known", () => {
    expect([signed(null), decimal(null), decimal(undefined)]).toEqual(["–", "–", "–"]);
  });

  it("judge a change by what is better of the measure", () => {
    expect(judgeChange(0.02, scoreOf("aji"))).toBe("better");
    expect(judgeChange(-0.02, scoreOf("aji"))).toBe("worse");
    expect(judgeChange(-0.2, scoreOf("noc_85"))).toBe("better");
    expect(judgeChange(4, scoreOf("ms_per_click_p50"))).toBe("same");
    expect(judgeChange(6, scoreOf("ms_per_click_p50"))).toBe("worse");
    expect(judgeChange(null, scoreOf("aji"))).toBe("same");
  });
});
