/** What news of objects bring about: an acceptance that the server did not carry out, because it would have made a double. */
import { beforeEach, expect, it } from "vitest";
import { followUp, type FollowUpContext } from "../src/follow-ups";
import { ObjectStore } from "../src/store/objects";
import { Selection } from "../src/store/selection";
import type { Change } from "../src/store/slide-object";
import { view } from "./objects";

const covers = [{ object_id: "done", base_version: 1 }];
const ACCEPT: Change = {
  kind: "accept",
  command_id: "c",
  how: "key",
  elapsed_ms: null,
  objects: [{ object_id: "new", base_version: 1, turn: 1, replaces: [] }],
};

let store: ObjectStore;
let selection: Selection;
let said: string[];

beforeEach(() => {
  store = new ObjectStore("ann");
  selection = new Selection();
  said = [];
  const context = {
    slideId: 1,
    username: "ann",
    store,
    selection,
    models: { isNews: () => false },
    notices: { say: (_: string, words: string) => said.push(words) },
    settings: { hints: { practise: () => undefined } },
    toolInUse: () => "click",
  } as unknown as FollowUpContext;
  store.subscribe((changes) => followUp(context, changes));
});

function acceptAndHear(author: string): void {
  store.upsert([view("new", { author })], 1);
  store.intend(ACCEPT);
  store.upsert([view("new", { author, version: 2, covers })], 2);
  store.acknowledge(ACCEPT, 2);
}

it("an own object that covers an accepted one is taken in hand again, in words", () => {
  acceptAndHear("ann");
  expect(store.get("new")).toMatchObject({ state: "proposed", covers });
  expect(selection.current.get()).toBe("new");
  expect(said[0]).toContain("is not stored beside it");
});

it("but nothing is taken out of the hand for it", () => {
  selection.current.set("other");
  acceptAndHear("ann");
  expect([selection.current.get(), said.length]).toEqual(["other", 1]);
});

it("and what concerns somebody else is not said here", () => {
  acceptAndHear("bob");
  expect([selection.current.get(), said]).toEqual([null, []]);
});
