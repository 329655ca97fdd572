/** Asking: which label and which model a prompt goes with, and what is said where none can answer. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Labels } from "../../src/store/labels";
import { ModelChoice } from "../../src/store/model-choice";
import { ObjectStore } from "../../src/store/objects";
import { Asking } from "../../src/tools/asking";
import type { Question } from "../../src/tools/tool";
import { view } from "../objects";

const NUCLEUS = { id: 1, name: "Nucleus", colour: "#ff0000", object_type: "nucleus", key: "1" } as const;
const GLAND = { id: 2, name: "Gland", colour: "#00ff00", object_type: "gland", key: "2" } as const;

let store: ObjectStore;
let labels: Labels;
let said: string[];
let segment: ReturnType<typeof vi.fn<(questions: readonly Question[], labelId: number, modelId: number | null) => void>>;

function asking(all: readonly (typeof NUCLEUS | typeof GLAND)[] = [NUCLEUS, GLAND]) {
  labels = new Labels(all);
  const models = new ModelChoice({
    id: 7,
    stain: "H&E",
    choices: [{ object_type: "nucleus", model_id: 11, reason: "", fitting_id: 11 }],
    models: [{ id: 11, object_type: "nucleus", warning: "" }],
  });
  return new Asking({ labels, models, store, segment, say: (words) => said.push(words) });
}

const question = (objectId: string): Question => ({ objectId, turn: 1, prompts: [], start: "nothing" });

beforeEach(() => {
  vi.stubGlobal("sessionStorage", { getItem: () => null, setItem: () => undefined });
  [store, said, segment] = [new ObjectStore("ann"), [], vi.fn()];
});

describe("a question", () => {
  it("about a new object goes with the chosen label, and leaves the model to the server", () => {
    asking().ask([question("new")]);
    expect(segment).toHaveBeenCalledExactlyOnceWith([question("new")], 1, null);
  });

  it("about a known object keeps its label", () => {
    store.upsert([view("old", { label_id: 1 })], 1);
    const asked = asking();
    labels.chosen.set(2);
    asked.ask([question("old")]);
    expect(segment.mock.calls[0]![1]).toBe(1);
  });

  it("is not asked where the project has no label", () => {
    const asked = asking([]);
    asked.ask([question("new")]);
    expect(segment).not.toHaveBeenCalled();
    expect(asked.canAsk(null)).toBe(false);
    expect(said[0]).toContain("no label yet");
  });
});

describe("a label without a model", () => {
  it("can ask nothing, and says why", () => {
    const asked = asking();
    expect(asked.canAsk(null)).toBe(true);
    labels.chosen.set(2);
    expect(asked.canAsk(null)).toBe(false);
    expect(said).toEqual([asked.answering(2).reason]);
  });
});
