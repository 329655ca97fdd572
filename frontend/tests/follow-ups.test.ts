/** What news of objects bring about: a proposal that somebody has accepted is in nobody's hand any more. */
import { beforeEach, describe, expect, it } from "vitest";
import { followUp, type FollowUpContext } from "../src/follow-ups";
import { ObjectStore } from "../src/store/objects";
import { Selection } from "../src/store/selection";
import { view } from "./objects";

let store: ObjectStore;
let selection: Selection;

beforeEach(() => {
  store = new ObjectStore("ann");
  selection = new Selection();
  const settings = { hints: { practise: () => undefined } };
  const context = { store, selection, username: "ann", models: { isNews: () => false }, settings, toolInUse: () => "click" };
  store.subscribe((changes) => followUp(context as unknown as FollowUpContext, changes));
  store.upsert([view("a"), view("b")], 1);
  selection.current.set("a");
});

describe("the proposal in hand", () => {
  it("is let go when another tab or person accepts it, so that its line leaves the screen", () => {
    store.upsert([view("a", { state: "accepted", version: 2 })], 2);
    expect(selection.current.get()).toBeNull();
  });

  it("stays in hand when another one is accepted, and when it is answered anew", () => {
    store.upsert([view("b", { state: "accepted", version: 2 })], 2);
    store.upsert([view("a", { state: "asked", turn: 2, version: 2 })], 3);
    store.upsert([view("a", { turn: 2, version: 3 })], 4);
    expect(selection.current.get()).toBe("a");
  });
});
