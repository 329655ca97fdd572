/** The outbox: order for each object, one in flight, nothing leaves before it is stored, nothing is sent twice differently. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Outbox, type OutboxPorts } from "../../src/live/outbox";
import type { Entry, EntryStorage } from "../../src/live/outbox-storage";
import type { AnyCommand, ObjectsUpserted } from "../../src/store/messages";
import type { Change } from "../../src/store/slide-object";
import { view } from "../objects";

/** What local storage does, shared by two outboxes as by two tabs. */
class SharedStorage implements EntryStorage {
  readonly texts = new Map<string, string>();
  readonly #observers: (() => void)[] = [];

  load(): Entry[] {
    return [...this.texts.keys()].sort().map((key) => JSON.parse(this.texts.get(key)!) as Entry);
  }

  save(entry: Entry): void {
    this.texts.set(entry.key, JSON.stringify(entry));
  }

  remove(key: string): void {
    this.texts.delete(key);
  }

  onOtherTab(observer: () => void): () => void {
    this.#observers.push(observer);
    return () => undefined;
  }

  tell(): void {
    for (const observer of this.#observers) observer();
  }
}

let storage: SharedStorage;
let sent: AnyCommand[];
let isOpen: boolean;
let appliedSeq: number;
let versions: Map<string, number>;
let dropped: string[];
let unsendable: string[];

function makeOutbox(): Outbox {
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
    onReplaced: vi.fn(),
    onGone: vi.fn(),
    onDropped: (change) => dropped.push(change.command_id),
    onUnsendable: (words) => unsendable.push(words),
  };
  return new Outbox(storage, ports);
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
  sent = [];
  dropped = [];
  unsendable = [];
  isOpen = true;
  appliedSeq = 0;
  versions = new Map();
});

describe("order", () => {
  it("keeps one command in flight for an object and others beside it", () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    outbox.add(segment("s-b", "b"));
    expect(ids()).toEqual(["s-a", "s-b"]);
    outbox.acknowledged(ack("s-a", 1));
    expect(ids()).toEqual(["s-a", "s-b"]);
    apply(outbox, upserted(1, "s-a", "a", 1));
    expect(ids()).toEqual(["s-a", "s-b", "a-a"]);
  });

  it("gives a queued command the version that its predecessor made", () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a", 0));
    apply(outbox, upserted(1, "s-a", "a", 7));
    outbox.acknowledged(ack("s-a", 1));
    expect(sent.at(-1)).toMatchObject({ kind: "accept", objects: [{ base_version: 7 }] });
  });

  it("does not give it a version that somebody else made in between", () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a", 0));
    apply(outbox, upserted(1, "s-a", "a", 1));
    apply(outbox, upserted(2, "somebody-else", "a", 2));
    outbox.acknowledged(ack("s-a", 1));
    expect(sent.at(-1)).toMatchObject({ kind: "accept", objects: [{ base_version: 1 }] });
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

  it("sends what was in flight again, byte for byte", () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(segment("s-a", "a"));
    outbox.add(accept("a-a", "a"));
    apply(outbox, upserted(1, "s-a", "a", 1));
    outbox.acknowledged(ack("s-a", 1));
    versions.set("a", 5);
    outbox.resend();
    expect(sent.filter((command) => command.kind === "accept")).toHaveLength(2);
    expect(sent[2]).toEqual(sent[1]);
  });

  it("survives a reload", () => {
    isOpen = false;
    makeOutbox().add(segment("s-a", "a"));
    const reloaded = makeOutbox();
    expect(reloaded.changes()).toEqual([segment("s-a", "a")]);
    isOpen = true;
    reloaded.startSending();
    reloaded.acknowledged(ack("s-a", 1));
    expect(storage.texts.size).toBe(0);
    expect(reloaded.unsent.get()).toBe(0);
  });
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

  it("a conflict with the model's own answer asks anew under another id", () => {
    const outbox = makeOutbox();
    outbox.startSending();
    outbox.add(accept("a-a", "a", 1));
    const objects = [view("a", { state: "proposed", version: 2, turn: 1 })];
    expect(outbox.conflicted({ kind: "command.conflict", command_id: "a-a", message: "…", objects })).toBe(false);
    expect(dropped).toEqual([]);
    expect(sent.at(-1)).toMatchObject({ kind: "accept", objects: [{ object_id: "a", base_version: 2 }] });
    expect(ids().at(-1)).not.toBe("a-a");
  });
});

describe("two tabs", () => {
  it("only the one with the lock sends, also what the other added", () => {
    const first = makeOutbox();
    const second = makeOutbox();
    first.startSending();
    second.add(segment("s-a", "a"));
    expect(ids()).toEqual([]);
    storage.tell();
    expect(ids()).toEqual(["s-a"]);
    first.acknowledged(ack("s-a", 1));
    storage.tell();
    expect(second.unsent.get()).toBe(0);
  });
});
