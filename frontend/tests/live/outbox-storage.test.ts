/** The storage of unsent commands, against a real implementation of IndexedDB; and how each of its failures is told. */
import "fake-indexeddb/auto";
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { deleteDB, openDB } from "idb";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Entry } from "../../src/live/entry";
import { IndexedEntryStorage } from "../../src/live/outbox-storage";

const entry = (key: string, id = "a"): Entry => ({
  key,
  change: { kind: "accept", command_id: `c-${key}`, how: "key", elapsed_ms: null, objects: [{ object_id: id, base_version: 1, turn: 1, replaces: [] }] },
  chained: [],
  seenTurns: { [id]: 1 },
  sent: true,
});

/** As the browser has it: the keys are the object's own properties. */
class FakeLocalStorage {
  [key: string]: unknown;

  static make(values: Record<string, string>): FakeLocalStorage {
    const storage = new FakeLocalStorage();
    Object.defineProperties(storage, {
      getItem: { value: (key: string) => (storage[key] as string | undefined) ?? null },
      removeItem: { value: (key: string) => delete storage[key] },
    });
    return Object.assign(storage, values);
  }
}

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("localStorage", FakeLocalStorage.make({}));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const raw = async () => (await openDB("squiggle", 1)) as unknown as { put(store: string, value: unknown, key: unknown): Promise<void>; close(): void };

describe("a queue", () => {
  it("is read in the order of its keys, and each account and slide has its own", async () => {
    const ann = new IndexedEntryStorage("ann", 7);
    await Promise.all([ann.save(entry("2")), ann.save(entry("1"))]);
    await new IndexedEntryStorage("ann", 8).save(entry("3"));
    await new IndexedEntryStorage("anna", 7).save(entry("4"));
    expect(await new IndexedEntryStorage("ann", 7).load()).toEqual({ entries: [entry("1"), entry("2")], unreadable: 0 });
    await ann.remove("1");
    expect((await ann.load()).entries).toEqual([entry("2")]);
  });

  it("loses what cannot be read, says how much, and keeps the rest", async () => {
    const storage = new IndexedEntryStorage("ann", 7);
    await storage.save(entry("1"));
    const database = await raw();
    await database.put("unsent", "rubbish", ["ann", 7, "0"]);
    await database.put("unsent", { ...entry("5"), change: { kind: "unheard-of" } }, ["ann", 7, "5"]);
    database.close();
    expect(await storage.load()).toEqual({ entries: [entry("1")], unreadable: 2 });
    expect(await storage.load()).toEqual({ entries: [entry("1")], unreadable: 0 });
  });

  it("takes over what the version before left in local storage", async () => {
    const local = FakeLocalStorage.make({
      "squiggle.outbox.ann.7.1": JSON.stringify(entry("1")),
      "squiggle.outbox.ann.7.2": "{not json",
      "squiggle.outbox.bob.7.3": JSON.stringify(entry("3")),
      "squiggle.setting.theme": '"dark"',
    });
    vi.stubGlobal("localStorage", local);
    const storage = new IndexedEntryStorage("ann", 7);
    expect(await storage.load()).toEqual({ entries: [entry("1")], unreadable: 1 });
    expect(Object.keys(local)).toEqual(["squiggle.outbox.bob.7.3", "squiggle.setting.theme"]);
    expect((await storage.load()).entries).toEqual([entry("1")]);
  });

  it("leaves in local storage what finds no place here", async () => {
    const local = FakeLocalStorage.make({ "squiggle.outbox.ann.7.1": JSON.stringify(entry("1")) });
    vi.stubGlobal("localStorage", local);
    failWrites("QuotaExceededError");
    await expect(new IndexedEntryStorage("ann", 7).load()).rejects.toThrow("is full");
    expect(Object.keys(local)).toEqual(["squiggle.outbox.ann.7.1"]);
  });
});

function failWrites(name: string): void {
  vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
    throw new DOMException("…", name);
  });
}

describe("failures are told in words", () => {
  it("full in the middle, and then not any more", async () => {
    const storage = new IndexedEntryStorage("ann", 7);
    await storage.save(entry("1"));
    failWrites("QuotaExceededError");
    await expect(storage.save(entry("2"))).rejects.toThrow("this browser's storage is full");
    vi.restoreAllMocks();
    await storage.save(entry("2"));
    expect((await storage.load()).entries).toHaveLength(2);
  });

  it("not there at all", async () => {
    vi.stubGlobal("indexedDB", undefined);
    await expect(new IndexedEntryStorage("ann", 7).load()).rejects.toMatchObject({
      isForGood: true,
      message: expect.stringContaining("private window") as string,
    });
  });

  it("forbidden", async () => {
    vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("…", "SecurityError");
    });
    await expect(new IndexedEntryStorage("ann", 7).save(entry("1"))).rejects.toMatchObject({ isForGood: true });
  });

  it("silent: nobody waits for ever, and what it does in the end holds", async () => {
    const held = await openDB("squiggle", 1, { upgrade: (database) => void database.createObjectStore("unsent") });
    const cleared = deleteDB("squiggle"); // waits for `held`, and all others behind it
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const storage = new IndexedEntryStorage("ann", 7);
    const outcome = expect(storage.save(entry("1"))).rejects.toThrow("does not answer");
    await vi.advanceTimersByTimeAsync(2_001);
    await outcome;
    vi.useRealTimers();
    held.close();
    await cleared;
    expect((await storage.load()).entries).toEqual([entry("1")]);
  });

  it("an upgrade that a tab with an older version blocks, until that is closed", async () => {
    const older = await openDB("squiggle", 1, { upgrade: (database) => void database.createObjectStore("unsent") });
    await older.put("unsent", entry("1"), ["ann", 7, "1"]);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const storage = new IndexedEntryStorage("ann", 7, 2);
    const outcome = expect(storage.load()).rejects.toThrow("close it");
    while (vi.getTimerCount() === 0) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve)).then(() => new Promise((resolve) => setImmediate(resolve)));
    await vi.advanceTimersByTimeAsync(2_001);
    await outcome;
    vi.useRealTimers();
    older.close();
    expect((await storage.load()).entries).toEqual([entry("1")]);
  });

  it("a newer version in another tab: ours lets go, and says what to do", async () => {
    const storage = new IndexedEntryStorage("ann", 7);
    const lost = vi.fn();
    storage.onLost = lost;
    await storage.save(entry("1"));
    const newer = await openDB("squiggle", 2);
    await expect(storage.save(entry("2"))).rejects.toThrow("reload this one");
    expect(lost).not.toHaveBeenCalled();
    newer.close();
  });

  it("cleared by somebody: the outbox is told, and the next command is kept again", async () => {
    const storage = new IndexedEntryStorage("ann", 7);
    const lost = vi.fn();
    storage.onLost = lost;
    await storage.save(entry("1"));
    await deleteDB("squiggle");
    expect(lost).toHaveBeenCalledOnce();
    await storage.save(entry("2"));
    expect((await storage.load()).entries).toEqual([entry("2")]);
  });
});
