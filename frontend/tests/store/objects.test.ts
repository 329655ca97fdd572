/** The store: server state, intentions on top of it, snapshots, and picking. */
import { beforeEach, describe, expect, it } from "vitest";
import { ObjectStore, type ChangeSet, type Snapshot } from "../../src/store/objects";
import { objectFromView, type Change } from "../../src/store/slide-object";
import { square, view } from "../objects";

let store: ObjectStore;
let changeSets: ChangeSet[];

const segment = (id: string, turn = 1): Change => ({
  kind: "segment",
  command_id: `segment-${id}-${turn}`,
  label_id: 1,
  model_id: null,
  targets: [
    { object_id: id, turn, base_version: 0, prompts: [{ kind: "click", x: 1, y: 2, positive: true }], start: "nothing" },
  ],
});

const accept = (id: string, replaces: string[] = []): Change => ({
  kind: "accept",
  command_id: `accept-${id}`,
  how: "key",
  elapsed_ms: 10,
  objects: [{ object_id: id, base_version: 1, turn: 1, replaces: replaces.map((object_id) => ({ object_id, base_version: 1 })) }],
});

const snapshot = (seq: number, objects: Snapshot["objects"]): Snapshot => ({
  seq,
  box: { minX: 0, minY: 0, maxX: 1000, maxY: 1000 },
  total: objects.length,
  shown: objects.length,
  objects,
  acceptedByLabel: new Map(),
});

beforeEach(() => {
  store = new ObjectStore("ann");
  changeSets = [];
  store.subscribe((changes) => changeSets.push(changes));
});

describe("intentions", () => {
  it("show a question at once and the answer when it comes", () => {
    store.intend(segment("a"));
    expect(store.get("a")).toMatchObject({ state: "asked", turn: 1, author: "ann", version: 0 });
    store.upsert([view("a")], 1);
    expect(store.get("a")).toMatchObject({ state: "proposed", version: 1 });
    expect(changeSets.map((set) => set.origin)).toEqual(["local", "remote"]);
  });

  it("stay on top until the event of their acknowledgement has been applied", () => {
    store.upsert([view("a")], 1);
    const change = accept("a");
    store.intend(change);
    store.acknowledge(change, 2);
    expect(store.get("a")?.state).toBe("accepted");
    store.upsert([view("b")], 1);
    expect(store.get("a")?.state).toBe("accepted");
    store.upsert([view("a", { state: "accepted", version: 2 })], 2);
    expect(store.get("a")).toMatchObject({ state: "accepted", version: 2 });
  });

  it("give way to the server's state when they are withdrawn", () => {
    store.upsert([view("a")], 1);
    const change = accept("a");
    store.intend(change);
    store.withdraw(change);
    expect(store.get("a")?.state).toBe("proposed");
  });

  it("take the place of what they cover, until the server says otherwise", () => {
    const covers = [{ object_id: "old", base_version: 1 }];
    store.upsert([view("old", { state: "accepted" }), view("new", { covers })], 1);
    const change = accept("new", ["old"]);
    store.intend(change);
    expect([store.get("new"), store.get("old")]).toMatchObject([{ state: "accepted", covers: [] }, { state: "deleted" }]);
    store.acknowledge(change, 2);
    store.upsert([view("new", { version: 2, covers })], 2);
    expect([store.get("new"), store.get("old")]).toMatchObject([{ state: "proposed", covers }, { state: "accepted" }]);
  });

  it("of a refused question leave nothing behind", () => {
    const change = segment("a");
    store.intend(change);
    store.withdraw(change);
    expect(store.get("a")).toBeUndefined();
  });

  it("wait, visibly, when an unanswered question is accepted", () => {
    store.intend(segment("a"));
    store.intend(accept("a"));
    expect(store.get("a")).toMatchObject({ state: "asked", accepting: true });
  });

  it("keep the old outline while a correction is computed", () => {
    store.upsert([view("a")], 1);
    store.intend(segment("a", 2));
    expect(store.get("a")).toMatchObject({ state: "asked", turn: 2 });
    expect(store.get("a")?.shape).not.toBeNull();
    store.upsert([view("a", { state: "asked", turn: 2, version: 2, polygons: [] })], 2);
    expect(store.get("a")?.shape).not.toBeNull();
  });
});

describe("upsert", () => {
  it("ignores an older version", () => {
    store.upsert([view("a", { version: 3, label_id: 2 })], 5);
    store.upsert([view("a", { version: 2, label_id: 1 })], 4);
    expect(store.get("a")?.labelId).toBe(2);
  });
});

describe("merge", () => {
  it("lets go of what the snapshot no longer names", () => {
    store.upsert([view("a", { state: "accepted" })], 1);
    store.merge(snapshot(2, [objectFromView(view("b", { state: "accepted" }))]));
    expect([...store.values()].map((object) => object.id)).toEqual(["b"]);
  });

  it("keeps what an event later than the snapshot brought", () => {
    store.upsert([view("a", { state: "accepted" })], 3);
    store.merge(snapshot(2, []));
    expect(store.get("a")?.state).toBe("accepted");
  });

  it("does not bring back what was deleted after it was read", () => {
    store.upsert([view("a", { state: "deleted", version: 5 })], 9);
    store.merge(snapshot(8, [objectFromView(view("a", { state: "accepted", version: 4 }))]));
    expect(store.get("a")?.state).toBe("deleted");
  });

  it("keeps an object's identity when nothing changed, so that nothing is triangulated anew", () => {
    store.upsert([view("a", { state: "accepted" })], 1);
    const before = store.get("a");
    store.merge(snapshot(1, [objectFromView(view("a", { state: "accepted" }))]));
    expect(store.get("a")).toBe(before);
  });
});

describe("at", () => {
  it("finds what is meant under what is not", () => {
    store.upsert([view("big", { label_id: 3, polygons: [{ exterior: square(0, 0, 500), holes: [] }] }), view("small")], 1);
    expect(store.at(105, 105, ({ labelId }) => labelId === 3)?.id).toBe("big");
  });

  it("finds the smallest visible object under a point", () => {
    store.upsert([view("big", { polygons: [{ exterior: square(0, 0, 500), holes: [] }] }), view("small")], 1);
    expect(store.at(105, 105)?.id).toBe("small");
    expect(store.at(300, 300)?.id).toBe("big");
    expect(store.at(600, 600)).toBeUndefined();
  });

  it("does not find what was rejected, and follows an outline that moved", () => {
    store.upsert([view("a", { state: "rejected" })], 1);
    expect(store.at(105, 105)).toBeUndefined();
    store.upsert([view("a", { version: 2, polygons: [{ exterior: square(700, 700, 10), holes: [] }] })], 2);
    expect(store.at(105, 105)).toBeUndefined();
    expect(store.at(705, 705)?.id).toBe("a");
  });
});

describe("the correction of an accepted mask", () => {
  const accepted = view("a", { state: "accepted" });
  const other = { polygons: [{ exterior: square(100, 100, 50), holes: [] }] };
  const reject: Change = {
    kind: "reject",
    command_id: "reject-a",
    elapsed_ms: 10,
    objects: [{ object_id: "a", base_version: 3 }],
  };

  it("keeps the accepted outline on the screen until the answer comes", () => {
    store.upsert([accepted], 1);
    const shape = store.get("a")!.shape;
    store.intend(segment("a", 2));
    expect(store.get("a")).toMatchObject({ state: "asked", correcting: true, shape });
    store.upsert([view("a", { state: "asked", turn: 2, version: 2, correcting: true, polygons: [] })], 2);
    expect(store.get("a")).toMatchObject({ state: "asked", correcting: true, shape });
  });

  it("is taken back by reject, which shows the accepted outline at once", () => {
    store.upsert([accepted], 1);
    const shape = store.get("a")!.shape;
    store.upsert([view("a", { state: "asked", turn: 2, version: 2, correcting: true })], 2);
    store.upsert([view("a", { state: "proposed", turn: 2, version: 3, correcting: true, ...other })], 3);
    expect(store.get("a")!.shape).not.toBe(shape);
    store.intend(reject);
    expect(store.get("a")).toMatchObject({ state: "accepted", correcting: false });
    expect(store.get("a")!.shape).toBe(shape);
  });

  it("replaces the mask once it is accepted", () => {
    store.upsert([view("a", { state: "proposed", turn: 2, version: 3, correcting: true, ...other })], 3);
    store.intend(accept("a"));
    expect(store.get("a")).toMatchObject({ state: "accepted", correcting: false, acceptedShape: null });
  });
});

describe("reset", () => {
  it("keeps what is not yet stored, and no question that waits for a number of the old count", () => {
    store.intend(segment("stored"));
    store.intend(segment("unsent"));
    store.acknowledge(segment("stored"), 100);
    store.reset();
    expect(store.get("stored")).toBeUndefined();
    expect(store.get("unsent")).toMatchObject({ state: "asked" });
    store.merge(snapshot(3, [objectFromView(view("stored", { state: "accepted", version: 3 }))]));
    expect(store.get("stored")).toMatchObject({ state: "accepted" });
  });
});

describe("learnPrompts", () => {
  it("adds the prompts that the packed snapshot left out, and leaves the outline as it is", () => {
    const packed = { ...objectFromView(view("a", { state: "accepted" })), prompts: [] };
    store.merge(snapshot(1, [packed]));
    const shape = store.get("a")!.shape;
    store.learnPrompts(view("a", { state: "accepted" }));
    expect(store.get("a")!.prompts).toHaveLength(1);
    expect(store.get("a")!.shape).toBe(shape);
  });

  it("leaves an object alone that has changed meanwhile", () => {
    store.upsert([view("a", { version: 2, prompts: [] })], 1);
    store.learnPrompts(view("a"));
    expect(store.get("a")!.prompts).toEqual([]);
  });
});
