/**
 * The queue of commands that the server has not yet stored. Order is kept for each object, with one command in
 * flight for an object; an entry leaves only when the server stored it or refused it for good.
 */
import type { Acknowledged, AnyCommand, CommandFailed, Conflict, ObjectsUpserted } from "../store/messages";
import { newId } from "../store/new-id";
import { Signal } from "../store/signal";
import { objectIdsOf, type Change } from "../store/slide-object";
import type { Entry, EntryStorage } from "./outbox-storage";

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
  /** Asked anew under another command_id, because only the model's answer came in between. */
  onReplaced(before: Change, after: Change): void;
  /** Gone from the shared queue by another tab's hand; how it ended comes as an event or from that tab. */
  onGone(change: Change): void;
  /** Refused for good, or dropped because the command before it was. */
  onDropped(change: Change): void;
  /** Why a command was dropped unsent, in words. */
  onUnsendable(words: string): void;
}

/** States in which an object with the turn that the person saw has been changed by nothing but the model's answer. */
const ANSWERED_STATES = new Set(["asked", "proposed", "failed"]);

/** annotator/live/messages.py MAX_FRAME_BYTES: the server ends the line when a command is larger. */
const MAX_COMMAND_BYTES = 512 * 1024;

/** An acknowledged command holds back the next one of its objects until its event came, but not for ever. */
const EVENT_PATIENCE_MS = 3_000;

export class Outbox {
  /** Commands that are not yet stored on the server. */
  readonly unsent = new Signal(0);
  readonly #storage: EntryStorage;
  readonly #ports: OutboxPorts;
  #entries: Entry[];
  #sending = false;
  readonly #inFlight = new Set<string>();
  readonly #paused = new Set<string>();
  /** Objects whose last command is stored under an event that has not yet been applied here. */
  readonly #awaitedSeq = new Map<string, number>();
  /** Versions that our own commands made. */
  readonly #ownVersions = new Map<string, number>();
  readonly #ownCommands = new Set<string>();
  #ticks = 0;

  constructor(storage: EntryStorage, ports: OutboxPorts) {
    this.#storage = storage;
    this.#ports = ports;
    this.#entries = storage.load();
    this.unsent.set(this.#entries.length);
    storage.onOtherTab(() => this.#reload());
  }

  /** What waits, in order: the store shows it on top of the server's state after a reload. */
  changes(): Change[] {
    return this.#entries.map((entry) => entry.change);
  }

  /** This tab may send (it holds the lock). */
  startSending(): void {
    this.#sending = true;
    this.#reload();
    this.pump();
  }

  add(change: Change): void {
    const ids = objectIdsOf(change);
    const queued = new Set(this.#entries.flatMap((entry) => objectIdsOf(entry.change)));
    const chained = ids.filter((id) => queued.has(id) || this.#awaitedSeq.has(id));
    const seenTurns = Object.fromEntries(ids.map((id) => [id, this.#ports.turnOf(id)]));
    this.#put({ key: this.#nextKey(), change, chained, seenTurns, sent: false });
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
      const mayGo = !ids.some((id) => blocked.has(id)) && !this.#paused.has(entry.change.command_id) && this.#has(entry);
      if (mayGo && !this.#inFlight.has(entry.change.command_id) && !this.#send(entry)) return;
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
    this.#put({ ...entry, change: anew, chained: [], sent: false });
    this.#ports.onReplaced(entry.change, anew);
  }

  #send(entry: Entry): boolean {
    const ready = entry.sent ? entry : this.#freeze(entry);
    if (this.#isTooLarge(ready)) return true;
    if (!this.#ports.send(ready.change)) return false;
    this.#inFlight.add(ready.change.command_id);
    this.#ownCommands.add(ready.change.command_id);
    this.#ports.onSent(ready.change);
    return true;
  }

  /** Dropped then, in words: the server would never read it. (Commands are ASCII: a character is a byte.) */
  #isTooLarge(entry: Entry): boolean {
    const size = JSON.stringify(entry.change).length;
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
    const frozen = { ...entry, change, sent: true };
    this.#put(frozen);
    return frozen;
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

  #put(entry: Entry): void {
    this.#entries = [...this.#entries.filter(({ key }) => key !== entry.key), entry].sort((a, b) =>
      a.key < b.key ? -1 : 1,
    );
    this.#storage.save(entry);
    this.unsent.set(this.#entries.length);
  }

  #take(commandId: string): Entry | undefined {
    const entry = this.#find(commandId);
    if (!entry) return undefined;
    this.#inFlight.delete(commandId);
    this.#entries = this.#entries.filter((each) => each !== entry);
    this.#storage.remove(entry.key);
    this.unsent.set(this.#entries.length);
    return entry;
  }

  /** Another tab added or removed entries. */
  #reload(): void {
    const before = this.#entries;
    this.#entries = this.#storage.load();
    this.unsent.set(this.#entries.length);
    const kept = new Set(this.#entries.map(({ change }) => change.command_id));
    for (const { change } of before) if (!kept.has(change.command_id)) this.#ports.onGone(change);
    this.pump();
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
      return { ...change, objects: change.objects.map(refresh) };
    default:
      return { ...change, objects: change.objects.map(refresh) };
  }
}
