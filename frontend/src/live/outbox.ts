/**
 * The queue of commands that the server has not yet stored. Order is kept for each object, with one command in
 * flight for an object; an entry leaves only when the server stored it or refused it for good. The queue lives in
 * memory, the same in each tab of the slide; the storage is there for the next visit alone, and may fail.
 */
import type { Acknowledged, AnyCommand, CommandFailed, Conflict, ObjectsUpserted } from "../store/messages";
import { newId } from "../store/new-id";
import { Signal } from "../store/signal";
import { objectIdsOf, type Change } from "../store/slide-object";
import { isEntry, type Entry } from "./entry";
import { StorageTrouble, type EntryStorage } from "./outbox-storage";
import type { News, OutboxTabs } from "./outbox-tabs";

export interface OutboxPorts {
  /** False when there is no open line. */
  send(command: AnyCommand): boolean;
  /** Latest version of an object that the server told. */
  versionOf(objectId: string): number;
  turnOf(objectId: string): number;
  /** Number of the last event applied here. */
  appliedSeq(): number;
  onSent(change: Change): void;
  onStored(change: Change, seq: number): void;
  /** Asked anew under another command_id, here or in another tab, because only the model's answer came in between. */
  onReplaced(before: Change, after: Change): void;
  /** Unsent since an earlier visit, or in another tab. */
  onFound(change: Change): void;
  /** Gone from the shared queue by another tab's hand; how it ended comes as an event or from that tab. */
  onGone(change: Change): void;
  /** Refused for good, or dropped because the command before it was. */
  onDropped(change: Change): void;
  /** Why a command was dropped unsent, in words. */
  onUnsendable(words: string): void;
}

/** What a reload would lose now: so many commands, and why. */
export interface Unkept {
  readonly count: number;
  readonly reason: string;
}

/** States in which an object with the turn that the person saw has been changed by nothing but the model's answer. */
const ANSWERED_STATES = new Set(["asked", "proposed", "failed"]);

/** annotator/live/messages.py MAX_FRAME_BYTES: the server ends the line when a command is larger. */
const MAX_COMMAND_BYTES = 512 * 1024;

/** What a queue keeps for the next visit at most; more goes on in memory. */
const MOST_KEPT = 5_000;
const MOST_KEPT_BYTES = 64 * 1024 * 1024;
const MANY_KEPT = "this browser keeps no more than that for one slide";

/** A storage that failed is tried again after so long. */
const STORAGE_PAUSE_MS = 5_000;

/** An acknowledged command holds back the next one of its objects until its event came, but not for ever. */
const EVENT_PATIENCE_MS = 3_000;

export class Outbox {
  /** Commands that are not yet stored on the server. */
  readonly unsent = new Signal(0);
  /** Null while all of them are kept for the next visit. */
  readonly unkept = new Signal<Unkept | null>(null);
  /** What was unsent at the end of earlier visits is known. */
  readonly isRead = new Signal(false);
  readonly #storage: EntryStorage;
  readonly #tabs: OutboxTabs;
  readonly #ports: OutboxPorts;
  #entries: readonly Entry[] = [];
  #bytes = 0;
  #sending = false;
  readonly #inFlight = new Set<string>();
  readonly #paused = new Set<string>();
  /** Commands whose final payload is being kept: sent before that, a page that is killed would send another one. */
  readonly #beingKept = new Set<string>();
  /** Keys of entries that left, so that no late word of a tab or of the storage brings one back. */
  readonly #left = new Set<string>();
  /** Why an entry is not in the storage, by key. */
  readonly #unkept = new Map<string, string>();
  #storageTimer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  /** Objects whose last command is stored under an event that has not yet been applied here. */
  readonly #awaitedSeq = new Map<string, number>();
  /** Versions that our own commands made. */
  readonly #ownVersions = new Map<string, number>();
  readonly #ownCommands = new Set<string>();
  #ticks = 0;

  constructor(storage: EntryStorage, tabs: OutboxTabs, ports: OutboxPorts) {
    this.#storage = storage;
    this.#tabs = tabs;
    this.#ports = ports;
    storage.onLost = () => this.#keepAll();
    tabs.listen((news) => this.#hear(news));
    tabs.tell({ kind: "hello" });
    void this.#read();
  }

  /** This tab may send (it holds the lock). */
  startSending(): void {
    this.#sending = true;
    this.pump();
  }

  stop(): void {
    this.#isStopped = true;
    this.#sending = false;
    clearTimeout(this.#storageTimer);
  }

  add(change: Change): void {
    const ids = objectIdsOf(change);
    const chained = ids.filter((id) => this.#awaitedSeq.has(id) || this.#entries.some((each) => objectIdsOf(each.change).includes(id)));
    const seenTurns = Object.fromEntries(ids.map((id) => [id, this.#ports.turnOf(id)]));
    void this.#put({ key: this.#nextKey(), change, chained, seenTurns, sent: chained.length === 0 });
    this.pump();
  }

  /** The line is open again: what was in flight may be lost, so send it again under the same command_id. */
  resend(): void {
    this.#inFlight.clear();
    this.pump();
  }

  /** Send what may be sent. */
  pump(): void {
    if (!this.#sending) return;
    this.#forgetArrived();
    const blocked = new Set(this.#awaitedSeq.keys());
    for (const entry of this.#entries) {
      const ids = objectIdsOf(entry.change);
      const mayGo = !ids.some((id) => blocked.has(id)) && !this.#isHeld(entry.change.command_id) && this.#has(entry);
      if (mayGo && !this.#send(entry)) return;
      for (const id of ids) blocked.add(id);
    }
  }

  acknowledged({ command_id, seq }: Acknowledged): void {
    const entry = this.#take(command_id);
    if (!entry) return;
    if (seq > this.#ports.appliedSeq()) this.#awaitEvent(objectIdsOf(entry.change), seq);
    this.#ports.onStored(entry.change, seq);
    this.pump();
  }

  /** An event has been applied: remember the versions that our own commands made. */
  applied(event: ObjectsUpserted): void {
    if (event.command_id && this.#ownCommands.has(event.command_id)) {
      for (const view of event.objects) this.#ownVersions.set(view.object_id, view.version);
    }
    this.pump();
  }

  /** True when it was refused for good. */
  failed(event: CommandFailed): boolean {
    if (event.retry_after_ms !== null && event.retry_after_ms !== undefined) {
      this.#pause(event.command_id, event.retry_after_ms);
      return false;
    }
    const entry = event.command_id === null ? undefined : this.#take(event.command_id);
    if (entry) this.#drop(entry);
    this.pump();
    return true;
  }

  /** True when somebody else's change came first; false when it was only the model's answer and we ask anew. */
  conflicted(event: Conflict): boolean {
    const entry = this.#find(event.command_id);
    if (!entry) return true;
    for (const view of event.objects) this.#ownVersions.set(view.object_id, view.version);
    const onlyAnswered = event.objects.every(
      (view) => ANSWERED_STATES.has(view.state) && view.turn === entry.seenTurns[view.object_id],
    );
    this.#inFlight.delete(event.command_id);
    if (onlyAnswered && event.objects.length > 0) this.#askAnew(entry, event);
    else this.#drop(this.#take(event.command_id)!);
    this.pump();
    return !onlyAnswered;
  }

  /** The same intention against the version that the model's answer made: a new command in the old one's place. */
  #askAnew(entry: Entry, event: Conflict): void {
    const change = withVersions(entry.change, (id) => event.objects.find((view) => view.object_id === id)?.version);
    const anew = { ...change, command_id: newId() };
    this.#sendOnceKept({ ...entry, change: anew, chained: [], sent: true });
    this.#ports.onReplaced(entry.change, anew);
  }

  /** False when there is no line. */
  #send(entry: Entry): boolean {
    if (!entry.sent) {
      this.#sendOnceKept(this.#freeze(entry));
      return true;
    }
    if (this.#isTooLarge(entry)) return true;
    if (!this.#ports.send(entry.change)) return false;
    this.#inFlight.add(entry.change.command_id);
    this.#ownCommands.add(entry.change.command_id);
    this.#ports.onSent(entry.change);
    return true;
  }

  #isHeld(commandId: string): boolean {
    return this.#paused.has(commandId) || this.#beingKept.has(commandId) || this.#inFlight.has(commandId);
  }

  /** The payload is another one than the storage has: it goes when that is there too, or when the storage failed. */
  #sendOnceKept(entry: Entry): void {
    const commandId = entry.change.command_id;
    this.#beingKept.add(commandId);
    void this.#put(entry).then(() => {
      this.#beingKept.delete(commandId);
      this.pump();
    });
  }

  /** Dropped then, in words: the server would never read it. (Commands are ASCII: a character is a byte.) */
  #isTooLarge(entry: Entry): boolean {
    const size = sizeOf(entry);
    if (size <= MAX_COMMAND_BYTES) return false;
    const [has, most] = [size, MAX_COMMAND_BYTES].map((bytes) => Math.floor(bytes / 1024));
    this.#ports.onUnsendable(
      `This command has ${has} KiB, and at most ${most} are taken: draw fewer or shorter lines at once, or accept the ` +
        "object as it is and then correct its mask.",
    );
    this.#drop(this.#take(entry.change.command_id)!);
    return true;
  }

  /** Fill in the versions that the entry's predecessors made; from now on the payload stays as it is. */
  #freeze(entry: Entry): Entry {
    const change = withVersions(entry.change, (id) =>
      entry.chained.includes(id) ? (this.#ownVersions.get(id) ?? this.#ports.versionOf(id)) : undefined,
    );
    return { ...entry, change, sent: true };
  }

  /** What was built on a refused command is meaningless without it. */
  #drop(entry: Entry): void {
    this.#ports.onDropped(entry.change);
    const ids = new Set(objectIdsOf(entry.change));
    const dependants = this.#entries.filter(({ chained }) => chained.some((id) => ids.has(id)));
    for (const { change } of dependants) {
      if (this.#take(change.command_id)) this.#ports.onDropped(change);
    }
  }

  #awaitEvent(ids: readonly string[], seq: number): void {
    for (const id of ids) this.#awaitedSeq.set(id, seq);
    setTimeout(() => {
      for (const id of ids) if (this.#awaitedSeq.get(id) === seq) this.#awaitedSeq.delete(id);
      this.pump();
    }, EVENT_PATIENCE_MS);
  }

  #forgetArrived(): void {
    const applied = this.#ports.appliedSeq();
    for (const [id, seq] of this.#awaitedSeq) if (seq <= applied) this.#awaitedSeq.delete(id);
  }

  #pause(commandId: string | null, ms: number): void {
    if (commandId === null) return;
    this.#inFlight.delete(commandId);
    this.#paused.add(commandId);
    setTimeout(() => {
      this.#paused.delete(commandId);
      this.pump();
    }, ms);
  }

  /** Not dropped meanwhile. */
  #has({ key }: Entry): boolean {
    return this.#entries.some((entry) => entry.key === key);
  }

  #find(commandId: string): Entry | undefined {
    return this.#entries.find((entry) => entry.change.command_id === commandId);
  }

  /** In the queue at once, here and in the other tabs; resolves when the storage has it or has failed. */
  #put(entry: Entry): Promise<void> {
    this.#insert(entry);
    this.#tabs.tell({ kind: "put", entry });
    return this.#keep(entry);
  }

  #take(commandId: string): Entry | undefined {
    const entry = this.#find(commandId);
    if (!entry) return undefined;
    this.#remove(entry);
    this.#tabs.tell({ kind: "gone", key: entry.key });
    // One that stays in the storage is sent again at the next visit: the server does each command once.
    this.#storage.remove(entry.key).catch(() => undefined);
    return entry;
  }

  #insert(entry: Entry): void {
    let at = this.#entries.length; // mostly the latest
    while (at > 0 && this.#entries[at - 1]!.key >= entry.key) at -= 1;
    const [replaced] = this.#entries.slice(at, at + 1).filter(({ key }) => key === entry.key);
    this.#entries = [...this.#entries.slice(0, at), entry, ...this.#entries.slice(replaced ? at + 1 : at)];
    this.#bytes += sizeOf(entry) - (replaced ? sizeOf(replaced) : 0);
    this.unsent.set(this.#entries.length);
  }

  #remove(entry: Entry): void {
    this.#inFlight.delete(entry.change.command_id);
    this.#entries = this.#entries.filter(({ key }) => key !== entry.key);
    this.#bytes -= sizeOf(entry);
    this.#left.add(entry.key);
    this.#unkept.delete(entry.key);
    this.unsent.set(this.#entries.length);
    this.#tellUnkept();
  }

  // --- other tabs -----------------------------------------------------------------------------------------------------

  #hear(news: News): void {
    if (news.kind === "hello") {
      for (const entry of this.#entries) this.#tabs.tell({ kind: "put", entry });
    } else if (news.kind === "gone") {
      const entry = this.#entries.find(({ key }) => key === news.key);
      this.#left.add(news.key);
      if (!entry) return;
      this.#remove(entry);
      this.#ports.onGone(entry.change);
    } else if (isEntry(news.entry)) {
      this.#hearOf(news.entry);
    }
    this.pump();
  }

  #hearOf(entry: Entry): void {
    const known = this.#entries.find(({ key }) => key === entry.key);
    if (this.#left.has(entry.key)) return this.#tabs.tell({ kind: "gone", key: entry.key });
    if (known?.sent && !entry.sent) return;
    this.#insert(entry);
    if (!known) this.#ports.onFound(entry.change);
    else if (known.change.command_id !== entry.change.command_id) this.#ports.onReplaced(known.change, entry.change);
  }

  // --- the storage ----------------------------------------------------------------------------------------------------

  async #read(): Promise<void> {
    try {
      const { entries, unreadable } = await this.#storage.load();
      for (const entry of entries) {
        if (this.#left.has(entry.key) || this.#has(entry)) continue;
        this.#insert(entry);
        this.#ports.onFound(entry.change);
      }
      if (unreadable > 0) this.#ports.onUnsendable(lostInWords(unreadable));
    } catch (trouble) {
      if (!(trouble as StorageTrouble).isForGood) return this.#tryStorageLater();
    }
    this.isRead.set(true);
    this.pump();
  }

  async #keep(entry: Entry): Promise<void> {
    try {
      if (this.#isFull()) throw new StorageTrouble(MANY_KEPT);
      await this.#storage.save(entry);
      this.#unkept.delete(entry.key);
      if (this.#left.has(entry.key)) await this.#storage.remove(entry.key);
    } catch (trouble) {
      if (!this.#left.has(entry.key)) this.#unkept.set(entry.key, (trouble as Error).message);
    }
    this.#tellUnkept();
  }

  #keepAll(): void {
    for (const entry of this.#entries) void this.#keep(entry);
  }

  #isFull(): boolean {
    return this.#entries.length > MOST_KEPT || this.#bytes > MOST_KEPT_BYTES;
  }

  #tellUnkept(): void {
    const [reason] = this.#unkept.values();
    const before = this.unkept.get();
    const count = this.#unkept.size;
    if (reason === undefined) this.unkept.set(null);
    else if (before?.count !== count || before.reason !== reason) this.unkept.set({ count, reason });
    if (reason !== undefined) this.#tryStorageLater();
  }

  #tryStorageLater(): void {
    if (this.#isStopped) return;
    this.#storageTimer ??= setTimeout(() => void this.#tryStorage(), STORAGE_PAUSE_MS);
  }

  async #tryStorage(): Promise<void> {
    for (const key of [...this.#unkept.keys()]) {
      // While another one was being kept it may have left, or have been kept with its final payload.
      const entry = this.#entries.find((each) => each.key === key);
      if (!entry || !this.#unkept.has(key)) continue;
      await this.#keep(entry);
      if (this.#unkept.has(key)) break;
    }
    this.#storageTimer = undefined;
    if (!this.isRead.get()) void this.#read();
    this.#tellUnkept();
  }

  #nextKey(): string {
    this.#ticks += 1;
    const random = newId().slice(0, 8);
    return `${Date.now().toString().padStart(15, "0")}-${this.#ticks.toString().padStart(6, "0")}-${random}`;
  }
}

/** The change with base versions replaced where `versionOf` knows a better one. */
function withVersions(change: Change, versionOf: (id: string) => number | undefined): Change {
  const refresh = <R extends { object_id: string; base_version: number }>(ref: R): R => ({
    ...ref,
    base_version: versionOf(ref.object_id) ?? ref.base_version,
  });
  switch (change.kind) {
    case "segment":
      return { ...change, targets: change.targets.map(refresh) };
    case "accept":
      return { ...change, objects: change.objects.map((ref) => ({ ...refresh(ref), replaces: (ref.replaces ?? []).map(refresh) })) };
    default:
      return { ...change, objects: change.objects.map(refresh) };
  }
}

const sizes = new WeakMap<Entry, number>();

/** In bytes as it is sent. */
function sizeOf(entry: Entry): number {
  const known = sizes.get(entry) ?? JSON.stringify(entry.change).length;
  sizes.set(entry, known);
  return known;
}

function lostInWords(count: number): string {
  const what = count === 1 ? "One unsent command" : `${count} unsent commands`;
  return `${what} of an earlier visit could not be read and ${count === 1 ? "is" : "are"} gone. Look over what you did last.`;
}
