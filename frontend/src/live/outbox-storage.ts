/**
 * Where unsent commands lie: local storage, one key for each command. Several tabs add and remove keys without
 * reading each other's, a reload loses nothing, and writing is synchronous, so a click is safe before it is sent.
 */
import type { Change } from "../store/slide-object";

export interface Entry {
  /** Sorts by the time of the person's action, across tabs. */
  readonly key: string;
  readonly change: Change;
  /** Objects whose base_version is that of the entry's own predecessor in the queue, filled in when it is sent. */
  readonly chained: readonly string[];
  /** Turn of each object as the person saw it: an answer to that turn is no one else's change. */
  readonly seenTurns: Readonly<Record<string, number>>;
  /** Once sent, the payload is frozen: the server refuses one command_id with two payloads. */
  readonly sent: boolean;
}

export interface EntryStorage {
  load(): Entry[];
  save(entry: Entry): void;
  remove(key: string): void;
  /** Another tab changed the queue. */
  onOtherTab(observer: () => void): () => void;
}

export class LocalEntryStorage implements EntryStorage {
  readonly #prefix: string;

  constructor(username: string, slideId: number) {
    this.#prefix = `squiggle.outbox.${username}.${slideId}.`;
  }

  load(): Entry[] {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.#prefix))
      .sort()
      .flatMap((key) => {
        const stored = localStorage.getItem(key);
        return stored === null ? [] : [JSON.parse(stored) as Entry];
      });
  }

  save(entry: Entry): void {
    localStorage.setItem(this.#prefix + entry.key, JSON.stringify(entry));
  }

  remove(key: string): void {
    localStorage.removeItem(this.#prefix + key);
  }

  onOtherTab(observer: () => void): () => void {
    const listener = (event: StorageEvent) => {
      if (event.key === null || event.key.startsWith(this.#prefix)) observer();
    };
    window.addEventListener("storage", listener);
    return () => window.removeEventListener("storage", listener);
  }
}
