/** The Click tool against a real store: what each gesture asks and decides. */
import { beforeEach, describe, expect, it } from "vitest";
import { ObjectStore } from "../../src/store/objects";
import { Selection } from "../../src/store/selection";
import { ClickTool } from "../../src/tools/click";
import { view } from "../objects";

const at = (x: number, y: number, keys: Partial<Record<"shift" | "alt" | "ctrl", boolean>> = {}) => ({
  x,
  y,
  shift: false,
  alt: false,
  ctrl: false,
  pointerUp: 5,
  ...keys,
});

interface Question {
  objectId: string;
  turn: number;
  prompts: { x: number; y: number; positive: boolean }[];
}

let store: ObjectStore;
let selection: Selection;
let asked: (readonly Question[])[];
let accepted: [string[], string][];
let said: string[];
let acceptAsIGo: boolean;
let tool: ClickTool;

beforeEach(() => {
  store = new ObjectStore("ann");
  selection = new Selection();
  asked = [];
  accepted = [];
  said = [];
  acceptAsIGo = true;
  tool = new ClickTool({
    store,
    selection,
    intentions: {
      segment: (questions) => asked.push(questions),
      accept: (ids, how) => accepted.push([[...ids], how]),
      sighted: () => undefined,
    },
    acceptAsIGo: () => acceptAsIGo,
    timeClick: () => undefined,
    say: (words) => said.push(words),
  });
});

/** The question of the last click, answered with the square at 100, 100. */
function answer(): string {
  const { objectId, turn } = asked.at(-1)![0]!;
  store.upsert([view(objectId, { turn })], asked.length);
  return objectId;
}

describe("a click", () => {
  it("on free tissue asks for a new object", () => {
    tool.click(at(110, 110));
    expect(asked[0]).toMatchObject([{ turn: 1, prompts: [{ x: 110, y: 110, positive: true }] }]);
    expect(selection.current.get()).toBe(asked[0]![0]!.objectId);
  });

  it("inside the proposal in hand corrects it with all its prompts", () => {
    tool.click(at(110, 110));
    const id = answer();
    tool.click(at(115, 112));
    expect(asked[1]).toMatchObject([{ objectId: id, turn: 2, prompts: [{ x: 110 }, { x: 115, positive: true }] }]);
    expect(accepted).toEqual([]);
  });

  it("with Alt takes away from it, wherever it falls", () => {
    tool.click(at(110, 110));
    answer();
    tool.click(at(300, 300, { alt: true }));
    expect(asked[1]![0]!.prompts[1]).toMatchObject({ x: 300, positive: false });
  });

  it("with Alt and nothing in hand says what to do", () => {
    tool.click(at(300, 300, { alt: true }));
    expect(asked).toEqual([]);
    expect(said).toHaveLength(1);
  });

  it("elsewhere accepts the proposal in hand and asks for the next", () => {
    tool.click(at(110, 110));
    const id = answer();
    tool.click(at(300, 300));
    expect(accepted).toEqual([[[id], "next_click"]]);
    expect(asked[1]![0]!.objectId).not.toBe(id);
  });

  it("elsewhere leaves it open when the person wants to be asked", () => {
    acceptAsIGo = false;
    tool.click(at(110, 110));
    answer();
    tool.click(at(300, 300));
    expect(accepted).toEqual([]);
    expect(asked).toHaveLength(2);
  });

  it("inside another proposal takes that one in hand", () => {
    store.upsert([view("other")], 1);
    tool.click(at(110, 110));
    expect(selection.current.get()).toBe("other");
    expect(asked).toEqual([]);
  });

  it("with Ctrl selects an accepted object", () => {
    store.upsert([view("done", { state: "accepted" })], 1);
    tool.click(at(110, 110, { ctrl: true }));
    expect(selection.selected.get()).toBe("done");
    expect(asked).toEqual([]);
  });
});

describe("Shift", () => {
  it("collects points and asks for all of them at once on release", () => {
    tool.click(at(10, 10, { shift: true }));
    tool.click(at(20, 20, { shift: true }));
    expect(asked).toEqual([]);
    expect(selection.collected.get()).toHaveLength(2);
    tool.shiftReleased();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toHaveLength(2);
    expect(selection.collected.get()).toEqual([]);
    tool.shiftReleased();
    expect(asked).toHaveLength(1);
  });
});
