/**
 * Where unsent commands lie for the next visit: IndexedDB, one record for each command of an account and slide. What
 * the version before left in local storage moves here. Everything here may fail: the outbox then goes on from memory.
 */
import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { isEntry, type Entry } from "./entry";

export interface Found {
  /** In the order of their keys. */
  readonly entries: Entry[];
  /** Records that could not be read, and are gone now. */
  readonly unreadable: number;
}

/** Each call rejects with a StorageTrouble, and within `PATIENCE_MS`. */
export interface EntryStorage {
  /** What was in it is gone: the browser or a person has cleared it. */
  onLost: () => void;
  load(): Promise<Found>;
  save(entry: Entry): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Why this browser keeps something not, as the end of a sentence. */
export class StorageTrouble extends Error {
  /** No storage at all, hence nothing in it. */
  readonly isForGood: boolean;

  constructor(words: string, isForGood = false) {
    super(words);
    this.isForGood = isForGood;
  }
}

type RecordKey = [username: string, slideId: number, key: string];

interface Schema extends DBSchema {
  unsent: { key: RecordKey; value: unknown };
}

const DATABASE = "squiggle";
const VERSION = 1;
const STORE = "unsent";
/** A storage that is silent for longer counts as failed; what it does in the end still holds. */
const PATIENCE_MS = 2_000;

export class IndexedEntryStorage implements EntryStorage {
  onLost = () => {};
  readonly #username: string;
  readonly #slideId: number;
  readonly #version: number;
  #database: Promise<IDBPDatabase<Schema>> | null = null;
  #isBlocked = false;

  constructor(username: string, slideId: number, version = VERSION) {
    this.#username = username;
    this.#slideId = slideId;
    this.#version = version;
  }

  load(): Promise<Found> {
    return this.#try(async (database) => {
      const moved = await this.#moveFromLocalStorage(database);
      const records = await this.#read(database);
      const broken = records.filter(({ value }) => !isEntry(value));
      for (const { recordKey } of broken) await database.delete(STORE, recordKey);
      const entries = records.flatMap(({ value }) => (isEntry(value) ? [value] : []));
      return { entries, unreadable: broken.length + moved.unreadable };
    });
  }

  save(entry: Entry): Promise<void> {
    return this.#try(async (database) => {
      const transaction = database.transaction(STORE, "readwrite");
      void transaction.store.put(entry, this.#recordKey(entry.key)).catch(() => undefined); // told by `done`
      // Without waiting for the answer: so it is written even if the page is closed now.
      transaction.commit();
      await transaction.done;
    });
  }

  remove(key: string): Promise<void> {
    return this.#try((database) => database.delete(STORE, this.#recordKey(key)));
  }

  #recordKey(key: string): RecordKey {
    return [this.#username, this.#slideId, key];
  }

  async #read(database: IDBPDatabase<Schema>): Promise<{ recordKey: RecordKey; value: unknown }[]> {
    const range = IDBKeyRange.bound([this.#username, this.#slideId], [this.#username, this.#slideId, []]);
    const keys = await database.getAllKeys(STORE, range);
    // One by one, each in its own transaction: a record that the disk has lost must not hide the others.
    return Promise.all(
      keys.map(async (recordKey) => ({ recordKey, value: await database.get(STORE, recordKey).catch(() => null) })),
    );
  }

  /** Nothing leaves local storage before it lies here. */
  async #moveFromLocalStorage(database: IDBPDatabase<Schema>): Promise<{ unreadable: number }> {
    const prefix = `squiggle.outbox.${this.#username}.${this.#slideId}.`;
    let unreadable = 0;
    for (const name of localNames().filter((each) => each.startsWith(prefix))) {
      const entry = parse(localStorage.getItem(name));
      if (isEntry(entry)) await database.put(STORE, entry, this.#recordKey(entry.key));
      else unreadable += 1;
      localStorage.removeItem(name);
    }
    return { unreadable };
  }

  async #try<T>(work: (database: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new StorageTrouble(this.#isBlocked ? BLOCKED : SILENT)), PATIENCE_MS);
    });
    try {
      return await Promise.race([this.#open().then(work), patience]);
    } catch (error) {
      throw troubleOf(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(): Promise<IDBPDatabase<Schema>> {
    if (typeof indexedDB === "undefined") throw new StorageTrouble(NONE, true);
    this.#database ??= openDB<Schema>(DATABASE, this.#version, {
      upgrade: (database, before) => {
        if (before < 1) database.createObjectStore(STORE);
      },
      blocked: () => (this.#isBlocked = true),
      // A newer version in another tab, or somebody clears the storage: ours must not stand in the way.
      blocking: (_, newVersion) => this.#letGo(newVersion === null),
      terminated: () => this.#letGo(true),
    });
    try {
      const database = await this.#database;
      this.#isBlocked = false;
      return database;
    } catch (error) {
      this.#database = null;
      throw error;
    }
  }

  #letGo(isLost: boolean): void {
    void this.#database?.then((database) => database.close());
    this.#database = null;
    if (isLost) this.onLost();
  }
}

const NONE = "this browser lets the page store nothing (a private window, or a setting)";
const FULL = "this browser's storage is full";
const SILENT = "this browser's storage does not answer";
const BLOCKED = "a tab with an older version of Squiggle holds the storage: close it";
const TOO_OLD = "a newer version of Squiggle was opened in another tab: reload this one";

function troubleOf(error: unknown): StorageTrouble {
  if (error instanceof StorageTrouble) return error;
  const name = (error as { name?: string } | null)?.name ?? "";
  if (name === "QuotaExceededError") return new StorageTrouble(FULL);
  if (name === "VersionError") return new StorageTrouble(TOO_OLD);
  if (name === "SecurityError") return new StorageTrouble(NONE, true);
  return new StorageTrouble(`this browser's storage failed (${name || String(error)})`);
}

function localNames(): string[] {
  try {
    return Object.keys(localStorage);
  } catch {
    return []; // storage of any kind is forbidden
  }
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
