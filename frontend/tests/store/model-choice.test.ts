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
    { id: 1, object_type: "nucleus", name: "he", warning: "Made for H&E; this slide is IHC." },
    { id: 2, object_type: "nucleus", name: "fluorescence", warning: "Made for fluorescence; this slide is IHC." },
    { id: 3, object_type: "gland", name: "gland", warning: "" },
  ],
  choices: [
    { object_type: "nucleus" as const, model_id: 1, reason: "No model for IHC nuclei is installed; the one for H&E is used.", fitting_id: null },
    { object_type: "cell" as const, model_id: null, reason: "No model for cells is installed.", fitting_id: null },
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
    const promoted = { id: 9, object_type: "nucleus", name: "own", warning: "" };
    choice.renewed({
      models: [...SLIDE.models, promoted],
      choices: [{ object_type: "nucleus", model_id: 9, reason: "", fitting_id: 9 }],
    });
    expect(choice.answering("nucleus").model).toBe(promoted);
    expect(choice.byId(9)).toBe(promoted);
  });
});

describe("a model that was not made for the slide", () => {
  const FITTING = { id: 9, object_type: "nucleus", name: "ihc", warning: "" };

  it("says so in the server's words, and that there is no better one", () => {
    const choice = new ModelChoice(SLIDE);
    expect(choice.misfit(choice.byId(1))).toEqual({ words: "Made for H&E; this slide is IHC.", fitting: undefined });
    expect(choice.misfit(choice.byId(3))).toBeNull();
    expect(choice.misfit(undefined)).toBeNull();
  });

  it("names the one that was, which is picked, or no longer picked over where it answers by itself", () => {
    const choice = new ModelChoice(SLIDE);
    const nucleus = { object_type: "nucleus" as const, model_id: 1, reason: "", fitting_id: 9 };
    choice.stainChanged({ stain: "IHC", models: [...SLIDE.models, FITTING], choices: [nucleus] });
    const { fitting } = choice.misfit(choice.byId(1))!;
    expect(fitting).toBe(FITTING);
    choice.choose("nucleus", fitting!);
    expect([choice.pickedFor("nucleus"), choice.misfit(choice.answering("nucleus").model)]).toEqual([9, null]);
    choice.renewed({ models: [...SLIDE.models, FITTING], choices: [{ ...nucleus, model_id: 9 }] });
    choice.pick("nucleus", 2);
    choice.choose("nucleus", fitting!);
    expect([choice.pickedFor("nucleus"), choice.answering("nucleus").model]).toEqual([null, FITTING]);
  });

  it("is judged anew with another stain: warnings come from the server with it", () => {
    const choice = new ModelChoice(SLIDE);
    const models = SLIDE.models.map((model) => ({ ...model, warning: "" }));
    choice.stainChanged({ stain: "H&E", models, choices: SLIDE.choices });
    expect(choice.misfit(choice.byId(1))).toBeNull();
  });

  it("is read once for a slide: the words are not repeated beside its objects, also after a reload", () => {
    new ModelChoice(SLIDE).read.update((words) => [...words, "Made for H&E; this slide is IHC."]);
    expect(new ModelChoice(SLIDE).read.get()).toEqual(["Made for H&E; this slide is IHC."]);
    expect(new ModelChoice({ ...SLIDE, id: 8 }).read.get()).toEqual([]);
  });
});
