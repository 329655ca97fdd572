/** The outbox: order for each object, one in flight, nothing leaves before it is stored, nothing is sent twice differently. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Outbox, type OutboxPorts } from "../../src/live/outbox";
import type { Entry } from "../../src/live/entry";
import { StorageTrouble, type EntryStorage, type Found } from "../../src/live/outbox-storage";
import type { News, OutboxTabs } from "../../src/live/outbox-tabs";
import type { AnyCommand, ObjectsUpserted } from "../../src/store/messages";
import type { Change } from "../../src/store/slide-object";
import { view } from "../objects";

/** What IndexedDB does, shared by two outboxes as by two tabs. */
class SharedStorage implements EntryStorage {
  readonly texts = new Map<string, string>();
  trouble: StorageTrouble | null = null;
  /** Saves that begin now end after it. */
  gate: Promise<void> = Promise.resolve();
  onLost = () => {};

  async load(): Promise<Found> {
    await this.#takeTime();
    const entries = [...this.texts.keys()].sort().map((key) => JSON.parse(this.texts.get(key)!) as Entry);
    return { entries, unreadable: 0 };
  }

  async save(entry: Entry): Promise<void> {
    const text = JSON.stringify(entry);
    await this.gate;
    await this.#takeTime();
    this.texts.set(entry.key, text);
  }

  async remove(key: string): Promise<void> {
    await this.#takeTime();
    this.texts.delete(key);
  }

  async #takeTime(): Promise<void> {
    await Promise.resolve();
    if (this.trouble) throw this.trouble;
  }
}

/** What a BroadcastChannel does: each tells all others, a little later and in order. */
class Tabs implements OutboxTabs {
  static all: Tabs[] = [];
  #observer: (news: News) => void = () => undefined;

  constructor() {
    Tabs.all.push(this);
  }

  tell(news: News): void {
    const copy = structuredClone(news);
    for (const tabs of Tabs.all) if (tabs !== this) queueMicrotask(() => tabs.#observer(copy));
  }

  listen(observer: (news: News) => void): void {
    this.#observer = observer;
  }

  /** The tab is killed. */
  close(): void {
    Tabs.all = Tabs.all.filter((tabs) => tabs !== this);
  }
}

const FULL = new StorageTrouble("this browser's storage is full");

/** Until all that was begun has ended. */
const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

let storage: SharedStorage;
let sent: AnyCommand[];
let isOpen: boolean;
let appliedSeq: number;
let versions: Map<string, number>;
let dropped: string[];
let unsendable: string[];
let found: string[];
let gone: string[];
let replaced: [before: string, after: string][];

function makeOutbox(tabs = new Tabs()): Outbox {
  const ports: OutboxPorts = {
    send: (command) => {
      if (isOpen) sent.push(command);
      return isOpen;
    },
    versionOf: (id) => versions.get(id) ?? 0,
    turnOf: () => 1,
    appliedSeq: () => appliedSeq,
    onSent: vi.fn(),
    onStored: vi.fn(),
    onReplaced: (before, after) => replaced.push([before.command_id, after.command_id]),
    onFound: (change) => found.push(change.command_id),
    onGone: (change) => gone.push(change.command_id),
    onDropped: (change) => dropped.push(change.command_id),
    onUnsendable: (words) => unsendable.push(words),
  };
  return new Outbox(storage, tabs, ports);
}

const segment = (commandId: string, id: string): Change => ({
  kind: "segment",
  command_id: commandId,
  label_id: 1,
  model_id: null,
  targets: [
    { object_id: id, turn: 1, base_version: 0, prompts: [{ kind: "click", x: 1, y: 2, positive: true }], start: "nothing" },
  ],
});

const accept = (commandId: string, id: string, base = 0): Change => ({
  kind: "accept",
  command_id: commandId,
  how: "key",
  elapsed_ms: null,
  objects: [{ object_id: id, base_version: base, turn: 1, replaces: [] }],
});

const replace = (commandId: string, id: string, replaced: string, base: number): Change => ({
  kind: "accept",
  command_id: commandId,
  how: "key",
  elapsed_ms: null,
  objects: [{ object_id: id, base_version: 1, turn: 1, replaces: [{ object_id: replaced, base_version: base }] }],
});

const restore = (commandId: string, id: string, base: number): Change => ({
  kind: "restore",
  command_id: commandId,
  objects: [{ object_id: id, base_version: base }],
});

const upserted = (seq: number, commandId: string | null, id: string, version: number): ObjectsUpserted => ({
  kind: "objects.upserted",
  seq,
  command_id: commandId,
  times: null,
  objects: [view(id, { version })],
});

const ids = () => sent.map((command) => ("command_id" in command ? command.command_id : "catch_up"));
const ack = (command_id: string, seq: number) => ({ kind: "ack", command_id, seq }) as const;

function apply(outbox: Outbox, event: ObjectsUpserted): void {
  appliedSeq = event.seq;
  for (const each of event.objects) versions.set(each.object_id, each.version);
  outbox.applied(event);
}

beforeEach(() => {
  storage = new SharedStorage();
  Tabs.all = [];
  sent = [];
  found = [];
  gone = [];
  replaced = [];
  dropped = [];
  unsendable = [];
  isOpen = true;
  appliedSeq = 0;
  versions = new Map();
});

describe("order", () => {
  it("keeps one command in flight for an object and others beside it", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    outbox.add(segment("s-b", "b"));
    expect(ids()).toEqual(["s-a", "s-b"]);
    outbox.acknowledged(ack("s-a", 1));
    expect(ids()).toEqual(["s-a", "s-b"]);
    apply(outbox, upserted(1, "s-a", "a", 1));
    await settle();
    expect(ids()).toEqual(["s-a", "s-b", "a-a"]);
  });

  it("gives a queued command the version that its predecessor made", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a", 0));
    apply(outbox, upserted(1, "s-a", "a", 7));
    outbox.acknowledged(ack("s-a", 1));
    await settle();
    expect(sent.at(-1)).toMatchObject({ kind: "accept", objects: [{ base_version: 7 }] });
  });

  it("does not give it a version that somebody else made in between", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a", 0));
    apply(outbox, upserted(1, "s-a", "a", 1));
    apply(outbox, upserted(2, "somebody-else", "a", 2));
    outbox.acknowledged(ack("s-a", 1));
    await settle();
    expect(sent.at(-1)).toMatchObject({ kind: "accept", objects: [{ base_version: 1 }] });
  });

  it("gives it also where the predecessor only took the object's place", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(replace("accept-b", "b", "a", 3));
    outbox.add(restore("restore-a", "a", 3));
    expect(ids()).toEqual(["accept-b"]);
    apply(outbox, { ...upserted(1, "accept-b", "b", 2), objects: [view("b", { version: 2 }), view("a", { version: 4, state: "deleted" })] });
    outbox.acknowledged(ack("accept-b", 1));
    await settle();
    expect(sent.at(-1)).toMatchObject({ kind: "restore", objects: [{ object_id: "a", base_version: 4 }] });
  });

  it("gives it to those, too, whose place is taken", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add({ kind: "relabel", command_id: "relabel-a", label_id: 2, objects: [{ object_id: "a", base_version: 3 }] });
    outbox.add(replace("accept-b", "b", "a", 3));
    expect(ids()).toEqual(["relabel-a"]);
    apply(outbox, upserted(1, "relabel-a", "a", 4));
    outbox.acknowledged(ack("relabel-a", 1));
    await settle();
    expect(sent.at(-1)).toMatchObject({
      kind: "accept",
      objects: [{ object_id: "b", base_version: 1, replaces: [{ object_id: "a", base_version: 4 }] }],
    });
  });

  it("leaves the version as the person saw it when nothing was queued before", () => {
    versions.set("a", 9);
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(accept("a-a", "a", 4));
    expect(sent.at(-1)).toMatchObject({ objects: [{ base_version: 4 }] });
  });
});

describe("a lost line", () => {
  it("keeps what cannot be sent, counts it, and sends it when the line is back", () => {
    isOpen = false;
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(segment("s-b", "b"));
    expect(outbox.unsent.get()).toBe(2);
    isOpen = true;
    outbox.resend();
    expect(ids()).toEqual(["s-a", "s-b"]);
    expect(outbox.unsent.get()).toBe(2);
  });

  it("sends what was in flight again, byte for byte", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    apply(outbox, upserted(1, "s-a", "a", 1));
    outbox.acknowledged(ack("s-a", 1));
    await settle();
    versions.set("a", 5);
    outbox.resend();
    await settle();
    expect(sent.filter((command) => command.kind === "accept")).toHaveLength(2);
    expect(sent[2]).toEqual(sent[1]);
  });

  it("survives a reload", async () => {
    isOpen = false;
    makeOutbox().add(segment("s-a", "a"));
    await settle();
    Tabs.all = [];
    const reloaded = makeOutbox();
    expect(reloaded.isRead.get()).toBe(false);
    await settle();
    expect(reloaded.isRead.get()).toBe(true);
    expect(found).toEqual(["s-a"]);
    isOpen = true;
    reloaded.startSending();
    expect(ids()).toEqual(["s-a"]);
    reloaded.acknowledged(ack("s-a", 1));
    await settle();
    expect(storage.texts.size).toBe(0);
    expect(reloaded.unsent.get()).toBe(0);
  });

  it("a page that is killed while it sends sends the same payload at its next visit", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    apply(outbox, upserted(1, "s-a", "a", 1));
    outbox.acknowledged(ack("s-a", 1));
    expect(ids()).toEqual(["s-a"]); // the accept is not sent before its final payload is kept
    await settle();
    expect(ids()).toEqual(["s-a", "a-a"]);
    Tabs.all = [];
    versions.set("a", 9);
    const reloaded = makeOutbox();
    reloaded.startSending();
    await settle();
    expect(sent.at(-1)).toEqual(sent[1]);
    expect(sent).toHaveLength(3);
  });
});

describe("a storage that fails", () => {
  it("is no reason not to send, and says what a reload would lose", async () => {
    storage.trouble = FULL;
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    expect(ids()).toEqual(["s-a"]);
    expect(outbox.unsent.get()).toBe(1);
    await settle();
    expect(outbox.unkept.get()).toEqual({ count: 1, reason: "this browser's storage is full" });
    outbox.acknowledged(ack("s-a", 1));
    expect(outbox.unkept.get()).toBeNull();
    expect(outbox.unsent.get()).toBe(0);
  });

  it("does not hold back what is built on another command", async () => {
    storage.trouble = FULL;
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    await settle();
    expect(outbox.unkept.get()?.count).toBe(2);
    apply(outbox, upserted(1, "s-a", "a", 1));
    outbox.acknowledged(ack("s-a", 1));
    await settle();
    expect(ids()).toEqual(["s-a", "a-a"]);
    expect(outbox.unkept.get()?.count).toBe(1);
  });

  it("is tried again, and then keeps what it did not", async () => {
    vi.useFakeTimers();
    isOpen = false;
    storage.trouble = FULL;
    const outbox = makeOutbox();
    outbox.add(segment("s-a", "a"));
    outbox.add(segment("s-b", "b"));
    await settle();
    expect(outbox.unkept.get()?.count).toBe(2);
    await vi.advanceTimersByTimeAsync(5_001);
    expect(outbox.unkept.get()?.count).toBe(2);
    storage.trouble = null;
    await vi.advanceTimersByTimeAsync(5_001);
    expect(outbox.unkept.get()).toBeNull();
    expect(storage.texts.size).toBe(2);
    outbox.stop();
    vi.useRealTimers();
  });

  it("and is tried again does not lose the payload that was sent meanwhile", async () => {
    vi.useFakeTimers();
    storage.trouble = FULL;
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    await settle();
    let open = () => {};
    storage.trouble = null;
    storage.gate = new Promise((resolve) => (open = resolve));
    await vi.advanceTimersByTimeAsync(5_001); // the first one is being saved, the second one waits
    storage.gate = Promise.resolve();
    apply(outbox, upserted(1, "s-a", "a", 7));
    outbox.acknowledged(ack("s-a", 1));
    await settle();
    expect(sent.at(-1)).toMatchObject({ kind: "accept", objects: [{ base_version: 7 }] });
    open();
    await settle();
    expect([...storage.texts.values()].map((text) => (JSON.parse(text) as Entry).change)).toEqual([sent.at(-1)]);
    outbox.stop();
    vi.useRealTimers();
  });

  it("that cannot be read leaves it open what is unsent, until it can", async () => {
    vi.useFakeTimers();
    storage.texts.set("1", JSON.stringify({ key: "1", change: segment("s-old", "o"), chained: [], seenTurns: {}, sent: true }));
    storage.trouble = new StorageTrouble("this browser's storage does not answer");
    const outbox = makeOutbox();
    outbox.startSending();
    await settle();
    expect(outbox.isRead.get()).toBe(false);
    storage.trouble = null;
    await vi.advanceTimersByTimeAsync(5_001);
    expect(outbox.isRead.get()).toBe(true);
    expect(ids()).toEqual(["s-old"]);
    outbox.stop();
    vi.useRealTimers();
  });

  it("that is not there at all had nothing in it", async () => {
    storage.trouble = new StorageTrouble("no storage", true);
    const outbox = makeOutbox();
    await settle();
    expect(outbox.isRead.get()).toBe(true);
  });

  it("and was cleared gets everything again", async () => {
    isOpen = false;
    const outbox = makeOutbox();
    outbox.add(segment("s-a", "a"));
    await settle();
    storage.texts.clear();
    storage.onLost();
    await settle();
    expect(storage.texts.size).toBe(1);
  });

  it("keeps a bounded queue, and says so", async () => {
    isOpen = false;
    const outbox = makeOutbox();
    for (let n = 0; n <= 5_000; n++) outbox.add(accept(`a-${n}`, `${n}`));
    await settle();
    expect(storage.texts.size).toBe(5_000);
    expect(outbox.unkept.get()).toMatchObject({ count: 1 });
    expect(outbox.unsent.get()).toBe(5_001);
    outbox.stop();
  }, 30_000);
});

describe("refusals", () => {
  it("before sending: what the server would not read leaves in words, with what was built on it", () => {
    const outbox = makeOutbox();
    const large = segment("s-a", "a") as Extract<Change, { kind: "segment" }>;
    const points = Array.from({ length: 2_000 }, (_, n): [number, number] => [n + 1 / 3, n + 1 / 7]);
    large.targets[0]!.prompts = Array.from({ length: 16 }, () => ({ kind: "squiggle", points, positive: true }));
    isOpen = false;
    outbox.add(large);
    outbox.add(accept("a-a", "a"));
    outbox.add(segment("s-b", "b"));
    isOpen = true;
    outbox.startSending();
    expect(ids()).toEqual(["s-b"]);
    expect(dropped).toEqual(["s-a", "a-a"]);
    expect(unsendable).toHaveLength(1);
    expect(unsendable[0]).toContain("KiB, and at most 512 are taken: draw fewer or shorter lines");
  });

  it("for good: the command and those built on it leave", () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    const refusal = { kind: "command.failed", command_id: "s-a", code: "x", message: "No.", retry_after_ms: null } as const;
    expect(outbox.failed(refusal)).toBe(true);
    expect(dropped).toEqual(["s-a", "a-a"]);
    expect(outbox.unsent.get()).toBe(0);
  });

  it("for now: the same command goes again after the pause", () => {
    vi.useFakeTimers();
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    const refusal = { kind: "command.failed", command_id: "s-a", code: "rate", message: "Slow.", retry_after_ms: 500 } as const;
    expect(outbox.failed(refusal)).toBe(false);
    outbox.pump();
    expect(ids()).toEqual(["s-a"]);
    vi.advanceTimersByTime(501);
    expect(ids()).toEqual(["s-a", "s-a"]);
    vi.useRealTimers();
  });

  it("a conflict with somebody's change drops the command", () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(accept("a-a", "a", 1));
    const objects = [view("a", { state: "accepted", version: 3 })];
    expect(outbox.conflicted({ kind: "command.conflict", command_id: "a-a", message: "…", objects })).toBe(true);
    expect(dropped).toEqual(["a-a"]);
  });

  it("a conflict with the model's own answer asks anew under another id", async () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(accept("a-a", "a", 1));
    const objects = [view("a", { state: "proposed", version: 2, turn: 1 })];
    expect(outbox.conflicted({ kind: "command.conflict", command_id: "a-a", message: "…", objects })).toBe(false);
    await settle();
    expect(dropped).toEqual([]);
    expect(sent.at(-1)).toMatchObject({ kind: "accept", objects: [{ object_id: "a", base_version: 2 }] });
    expect(ids().at(-1)).not.toBe("a-a");
  });
});

describe("two tabs", () => {
  it("only the one with the lock sends, also what the other added, and both know it", async () => {
    const first = makeOutbox();
    const second = makeOutbox();
    await settle();
    first.startSending();
    second.add(segment("s-a", "a"));
    expect(ids()).toEqual([]);
    await settle();
    expect(ids()).toEqual(["s-a"]);
    expect(first.unsent.get()).toBe(1);
    first.acknowledged(ack("s-a", 1));
    await settle();
    expect(second.unsent.get()).toBe(0);
    expect(gone).toEqual(["s-a"]);
    expect(storage.texts.size).toBe(0);
    second.startSending();
    await settle();
    expect(ids()).toEqual(["s-a"]);
  });

  it("the other one's command is sent although no storage has it", async () => {
    storage.trouble = FULL;
    const first = makeOutbox();
    const second = makeOutbox();
    first.startSending();
    second.add(segment("s-a", "a"));
    await settle();
    expect(ids()).toEqual(["s-a"]);
    expect(second.unkept.get()?.count).toBe(1);
    first.acknowledged(ack("s-a", 1));
    await settle();
    expect(second.unkept.get()).toBeNull();
  });

  it("a new tab hears of what no storage has, and sends it when the first is killed", async () => {
    storage.trouble = FULL;
    isOpen = false;
    const tabs = new Tabs();
    const first = makeOutbox(tabs);
    first.startSending();
    first.add(segment("s-a", "a"));
    const second = makeOutbox();
    await settle();
    expect(second.unsent.get()).toBe(1);
    expect(found).toEqual(["s-a"]); // once, and in the new tab alone
    tabs.close();
    isOpen = true;
    second.startSending();
    expect(ids()).toEqual(["s-a"]);
  });

  it("order is by the time of the person's action, whichever tab it was in", async () => {
    vi.useFakeTimers();
    isOpen = false;
    const first = makeOutbox();
    const second = makeOutbox();
    second.add(segment("s-1", "a"));
    vi.advanceTimersByTime(5);
    first.add(segment("s-2", "b"));
    vi.advanceTimersByTime(5);
    second.add(segment("s-3", "c"));
    await settle();
    isOpen = true;
    first.startSending();
    expect(ids()).toEqual(["s-1", "s-2", "s-3"]);
    vi.useRealTimers();
  });

  it("the other one follows a command that is asked anew", async () => {
    const first = makeOutbox();
    first.startSending();
    makeOutbox();
    first.add(accept("a-a", "a", 1));
    await settle();
    const objects = [view("a", { state: "proposed", version: 2, turn: 1 })];
    first.conflicted({ kind: "command.conflict", command_id: "a-a", message: "…", objects });
    await settle();
    const anew = ids().at(-1);
    expect(replaced).toEqual([["a-a", anew], ["a-a", anew]]);
  });

  it("what has left does not come back by a late word", async () => {
    const first = makeOutbox();
    const late = new Tabs();
    first.startSending();
    first.add(segment("s-a", "a"));
    await settle();
    const entry = JSON.parse([...storage.texts.values()][0]!) as Entry;
    first.acknowledged(ack("s-a", 1));
    const heard: News[] = [];
    late.listen((news) => heard.push(news));
    late.tell({ kind: "put", entry });
    await settle();
    expect(first.unsent.get()).toBe(0);
    expect(heard).toContainEqual({ kind: "gone", key: entry.key });
    expect(ids()).toEqual(["s-a"]);
  });

  it("what another version of the page tells and nobody can read is left alone", async () => {
    const first = makeOutbox();
    new Tabs().tell({ kind: "put", entry: { key: 1, change: {} } as unknown as Entry });
    await settle();
    expect(first.unsent.get()).toBe(0);
  });
});
