/** Which model answers: the server's choice, the person's, and none. */
import { beforeEach, describe, expect, it } from "vitest";
import { ModelChoice } from "../../src/store/model-choice";

const kept = new Map<string, string>();
Object.assign(globalThis, {
  sessionStorage: {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  },
});

const SLIDE = {
  id: 7,
  stain: "IHC" as const,
  models: [
    { id: 1, object_type: "nucleus", name: "he" },
    { id: 2, object_type: "nucleus", name: "fluorescence" },
    { id: 3, object_type: "gland", name: "gland" },
  ],
  choices: [
    { object_type: "nucleus" as const, model_id: 1, reason: "No model for IHC nuclei is installed; the one for H&E is used." },
    { object_type: "cell" as const, model_id: null, reason: "No model for cells is installed." },
  ],
};

beforeEach(() => kept.clear());

describe("answering", () => {
  it("is the server's choice, with its reason", () => {
    const { model, reason } = new ModelChoice(SLIDE).answering("nucleus");
    expect(model?.name).toBe("he");
    expect(reason).toContain("the one for H&E is used");
  });

  it("is nobody where there is no model, with the reason why", () => {
    const choice = new ModelChoice(SLIDE);
    expect(choice.answering("cell")).toEqual({ model: undefined, reason: "No model for cells is installed." });
    expect(choice.answering("region").model).toBeUndefined();
    expect(choice.answering("region").reason).not.toBe("");
  });

  it("is what the person picked, also after a reload, and on this slide alone", () => {
    new ModelChoice(SLIDE).pick("nucleus", 2);
    const reloaded = new ModelChoice(SLIDE);
    expect(reloaded.answering("nucleus").model?.name).toBe("fluorescence");
    expect(reloaded.pickedFor("nucleus")).toBe(2);
    expect(new ModelChoice({ ...SLIDE, id: 8 }).pickedFor("nucleus")).toBeNull();
    reloaded.pick("nucleus", null);
    expect(new ModelChoice(SLIDE).pickedFor("nucleus")).toBeNull();
  });

  it("forgets a picked model that is no longer there", () => {
    new ModelChoice(SLIDE).pick("nucleus", 2);
    const without = new ModelChoice({ ...SLIDE, models: SLIDE.models.slice(0, 1) });
    expect(without.pickedFor("nucleus")).toBeNull();
    expect(without.answering("nucleus").model?.name).toBe("he");
  });
});

describe("a version that was promoted while the page is open", () => {
  it("is news once, when it answers", () => {
    const choice = new ModelChoice(SLIDE);
    expect([null, 1, 9, 9].map((id) => choice.isNews(id))).toEqual([false, false, true, false]);
  });

  it("is listed and answers once the server was asked again", () => {
    const choice = new ModelChoice(SLIDE);
    const promoted = { id: 9, object_type: "nucleus", name: "own" };
    choice.renewed({
      models: [...SLIDE.models, promoted],
      choices: [{ object_type: "nucleus", model_id: 9, reason: "" }],
    });
    expect(choice.answering("nucleus").model).toBe(promoted);
    expect(choice.byId(9)).toBe(promoted);
  });
});
