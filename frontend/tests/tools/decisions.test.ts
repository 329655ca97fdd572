/** Decisions by key: what is accepted or rejected, and which proposal comes next. */
import { beforeEach, describe, expect, it } from "vitest";
import { Intentions } from "../../src/live/intentions";
import { ObjectStore } from "../../src/store/objects";
import { Selection } from "../../src/store/selection";
import type { Change } from "../../src/store/slide-object";
import { Decisions } from "../../src/tools/decisions";
import { square, view } from "../objects";

let store: ObjectStore;
let selection: Selection;
let decisions: Decisions;
let done: Change[];
let shown: { x: number; y: number }[];
let said: string[];

const place = (id: string, x: number, state: "proposed" | "accepted" | "failed" = "proposed") =>
  view(id, { state, polygons: state === "failed" ? [] : [{ exterior: square(x, 10, 10), holes: [] }] });

beforeEach(() => {
  store = new ObjectStore("ann");
  selection = new Selection();
  done = [];
  shown = [];
  said = [];
  const intentions = new Intentions(store, (change) => done.push(change));
  decisions = new Decisions({ store, selection, intentions, say: (words) => said.push(words), show: (point) => shown.push(point) });
  store.upsert([place("right", 200), place("left", 100), place("middle", 150), place("done", 300, "accepted")], 1);
});

describe("walk", () => {
  it("goes through open proposals in reading order, round and back", () => {
    const visited = [1, 1, 1, 1, -1].map((step) => {
      decisions.walk(step as 1 | -1);
      return selection.current.get();
    });
    expect(visited).toEqual(["left", "middle", "right", "left", "right"]);
    expect(shown[0]).toEqual({ x: 105, y: 15 });
  });

  it("goes on by itself after each decision", () => {
    decisions.walk(1);
    decisions.accept();
    expect(done[0]).toMatchObject({ kind: "accept", how: "key", objects: [{ object_id: "left", turn: 1 }] });
    expect(selection.current.get()).toBe("middle");
    decisions.reject();
    expect(selection.current.get()).toBe("right");
  });

  it("does not take a person along who decides about one proposal only", () => {
    selection.current.set("left");
    decisions.accept();
    expect(selection.current.get()).toBeNull();
  });
});

describe("a proposal that covers an accepted object", () => {
  const covers = [{ object_id: "done", base_version: 1 }];
  beforeEach(() => store.upsert([{ ...place("left", 100), version: 2, covers }], 2));

  it("takes its place by Enter, which names what it covers", () => {
    selection.current.set("left");
    decisions.accept();
    expect(done[0]).toMatchObject({ kind: "accept", objects: [{ object_id: "left", replaces: covers }] });
    expect([store.get("left"), store.get("done")]).toMatchObject([{ state: "accepted" }, { state: "deleted" }]);
  });

  it("stays when all are accepted at once, and that is said", () => {
    decisions.acceptAll();
    expect(done).toMatchObject([{ how: "batch", objects: [{ object_id: "middle" }, { object_id: "right" }] }]);
    expect(store.get("left")?.state).toBe("proposed");
    expect(said[0]).toContain("1 of them covers accepted objects");
  });
});

describe("decisions", () => {
  it("carry the version that was seen and the time that was thought", () => {
    decisions.focus("left");
    decisions.accept();
    expect(done[0]).toMatchObject({ objects: [{ base_version: 1 }] });
    expect((done[0] as { elapsed_ms: number }).elapsed_ms).toBeGreaterThanOrEqual(0);
  });

  it("accept all takes proposals and leaves the rest", () => {
    store.upsert([place("none", 0, "failed")], 2);
    decisions.acceptAll();
    expect(done).toHaveLength(1);
    expect(done[0]).toMatchObject({ how: "batch" });
    expect((done[0] as { objects: unknown[] }).objects).toHaveLength(3);
  });

  it("accept these takes of the listed ones the proposals alone", () => {
    decisions.acceptAll([store.get("left")!, store.get("done")!]);
    expect(done[0]).toMatchObject({ how: "batch", objects: [{ object_id: "left" }] });
  });

  it("delete takes only an accepted object, reject only an open one", () => {
    selection.selected.set("left");
    decisions.delete();
    expect(done).toEqual([]);
    selection.selected.set("done");
    decisions.delete();
    expect(done[0]).toMatchObject({ kind: "delete", objects: [{ object_id: "done" }] });
    expect(store.get("done")?.state).toBe("deleted");
    decisions.restore("done");
    expect(store.get("done")?.state).toBe("accepted");
  });

  it("relabel changes the selected object, and nothing where the label is the same", () => {
    selection.selected.set("done");
    decisions.relabel(1);
    expect(done).toEqual([]);
    decisions.relabel(2);
    expect(done[0]).toMatchObject({ kind: "relabel", label_id: 2 });
  });

  it("reject without anything in hand clears the latest failure", () => {
    store.upsert([place("none", 0, "failed")], 2);
    decisions.reject();
    expect(done[0]).toMatchObject({ kind: "reject", objects: [{ object_id: "none" }] });
  });
});
