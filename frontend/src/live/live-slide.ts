/** The open slide's line to the server: socket, order of events, outbox and the store behind them, joined. */
import type { AnyEvent, ObjectsUpserted } from "../store/messages";
import type { ClickTimes } from "../store/click-times";
import type { Notices } from "../store/notices";
import type { ObjectStore, Snapshot } from "../store/objects";
import { Signal } from "../store/signal";
import { objectIdsOf, type Change } from "../store/slide-object";
import type { Standing } from "../store/standing";
import { AnswerWatch } from "./answer-watch";
import { EventOrder } from "./event-order";
import { Outbox } from "./outbox";
import { IndexedEntryStorage } from "./outbox-storage";
import { BroadcastTabs } from "./outbox-tabs";
import { SlideSocket } from "./socket";
import { TabLock, type Refusal } from "./tab-lock";

export type Saved = "saved" | "saving" | "offline";

/** The tile pass is renewed when it is older than this; it lives for ten minutes. */
const PASS_AGE_S = 300;
/** A command taken by another tab that brings no event within this time has ended without one. */
const GONE_PATIENCE_MS = 1_500;
const SIGN_IN_PAUSE_MS = 5_000;
const NEW_COOKIE_MS = 500;
/** A line that is still being opened is not called offline at once. */
const OFFLINE_AFTER_MS = 1_500;

export interface LiveSlideOptions {
  username: string;
  userId: number;
  slideId: number;
  store: ObjectStore;
  notices: Notices;
  clickTimes: ClickTimes;
  session: { readonly standing: Signal<Standing>; check(): Promise<Standing> };
  reloadSnapshot(): void;
  renewTilePass(): void;
  /** Labels and guidelines are of this version now. */
  projectVersion(version: number): void;
}

export class LiveSlide {
  readonly watch = new AnswerWatch();
  readonly saved = new Signal<Saved>("saved");
  readonly outbox: Outbox;
  readonly socket: SlideSocket;
  readonly #options: LiveSlideOptions;
  readonly #order: EventOrder;
  readonly #tabs: BroadcastTabs;
  readonly #lock: TabLock;
  #offline = false;
  readonly #stopStanding: () => void;
  #signInTimer: ReturnType<typeof setTimeout> | undefined;
  #retriedAt = -Infinity;
  #offlineTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LiveSlideOptions) {
    this.#options = options;
    const { username, userId, slideId } = options;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    // It names whose page this is: signed in as somebody else, the line is not opened.
    const address = `${scheme}://${location.host}/ws/slides/${slideId}?person=${userId}`;
    this.socket = new SlideSocket(address, (event) => this.#hear(event));
    this.#order = new EventOrder(
      (event) => this.#apply(event),
      (since) => this.socket.send({ kind: "catch_up", since }),
    );
    this.#tabs = new BroadcastTabs(username, slideId);
    this.outbox = this.#makeOutbox();
    this.outbox.unsent.subscribe(() => this.#tellSaved());
    this.outbox.isRead.subscribe(() => this.#tellSaved());
    this.outbox.unkept.subscribe((unkept) => this.#warnBeforeUnload(unkept !== null));
    this.socket.connection.subscribe((connection) => this.#connectionChanged(connection));
    this.#stopStanding = options.session.standing.subscribe((standing) => this.#standingChanged(standing));
    this.#lock = new TabLock(
      // Not the name of the version before: a tab of it keeps its queue elsewhere, and would never send ours.
      `squiggle.sender.${username}.${slideId}`,
      () => this.outbox.startSending(),
      (refusal) => this.#refusedElsewhere(refusal),
    );
    this.#tellSaved();
  }

  get seq(): number {
    return this.#order.last;
  }

  /** Take a change to the server, sooner or later. */
  carry(change: Change): void {
    if (change.kind === "segment") this.watch.asked(objectIdsOf(change));
    if (change.kind === "reject") this.watch.forget(objectIdsOf(change));
    this.outbox.add(change);
  }

  /** The objects up to `snapshot.seq` are in the store: events can follow. */
  snapshotLoaded(snapshot: Snapshot): void {
    const isFirst = this.#order.last === 0;
    this.#order.startAt(snapshot.seq);
    if (isFirst) this.#order.catchUp();
  }

  stop(): void {
    clearTimeout(this.#offlineTimer);
    clearTimeout(this.#signInTimer);
    this.#stopStanding();
    this.#order.stop();
    this.watch.stop();
    this.outbox.stop();
    this.#warnBeforeUnload(false);
    this.#lock.stop();
    this.#tabs.stop();
    this.socket.stop();
  }

  #makeOutbox(): Outbox {
    const { username, slideId, store, clickTimes, notices } = this.#options;
    return new Outbox(new IndexedEntryStorage(username, slideId), this.#tabs, {
      send: (command) => this.socket.send(command),
      versionOf: (id) => store.confirmedVersion(id),
      turnOf: (id) => store.get(id)?.turn ?? 0,
      appliedSeq: () => this.#order.last,
      onSent: (change) => {
        if (change.kind !== "segment") return;
        for (const target of change.targets) clickTimes.sent(target.object_id, target.turn);
      },
      onStored: (change, seq) => {
        store.acknowledge(change, seq);
        if (change.kind === "segment") this.watch.stored(objectIdsOf(change));
      },
      onReplaced: (before, after) => store.replace(before, after),
      onFound: (change) => store.intend(change),
      onGone: (change) => setTimeout(() => store.withdraw(change), GONE_PATIENCE_MS),
      onDropped: (change) => this.#dropped(change),
      onUnsendable: (words) => notices.say("error", words),
    });
  }

  #hear(event: AnyEvent): void {
    switch (event.kind) {
      case "objects.upserted":
        return this.#order.receive(event);
      case "ack":
        return this.outbox.acknowledged(event);
      case "command.failed":
      case "command.conflict":
        return this.#refused(event);
      case "objects.waiting":
        return this.watch.waiting(event);
      case "heartbeat":
        this.watch.heartbeat(event);
        this.#order.noticeSeq(event.seq);
        this.#options.projectVersion(event.project_version);
        if (event.tile_pass_age_s > PASS_AGE_S) this.#options.renewTilePass();
        return;
      case "reset":
        this.#order.restart();
        this.#options.store.reset();
        return this.#options.reloadSnapshot();
    }
  }

  #apply(event: ObjectsUpserted): void {
    const { store, clickTimes } = this.#options;
    for (const view of event.objects) {
      if (view.state !== "asked") clickTimes.received(view.object_id, view.turn, event.times);
    }
    store.upsert(event.objects, event.seq);
    this.watch.applied(event);
    this.outbox.applied(event);
  }

  #refused(refusal: Refusal): void {
    const forGood = refusal.kind === "command.failed" ? this.outbox.failed(refusal) : this.outbox.conflicted(refusal);
    this.#showRefusal(refusal, forGood);
    if (forGood) this.#lock.tellOthers(refusal);
  }

  /** Another tab sent our command and heard that it was refused: its entry leaves the shared queue there. */
  #refusedElsewhere(refusal: Refusal): void {
    this.#showRefusal(refusal, true);
  }

  #showRefusal(refusal: Refusal, forGood: boolean): void {
    const { store, notices } = this.#options;
    if (refusal.kind === "command.conflict") store.upsert(refusal.objects, this.#order.last);
    if (forGood) notices.say(refusal.kind === "command.conflict" ? "warning" : "error", refusal.message);
  }

  #dropped(change: Change): void {
    this.watch.forget(objectIdsOf(change));
    this.#options.store.withdraw(change);
  }

  #connectionChanged(connection: string): void {
    clearTimeout(this.#offlineTimer);
    if (connection === "open") {
      this.#offline = false;
      this.#order.catchUp();
      this.outbox.resend();
    } else if (!this.#offline) {
      const isBriefly = connection === "connecting" || connection === "signed_out";
      this.#offlineTimer = setTimeout(() => this.#setOffline(), isBriefly ? OFFLINE_AFTER_MS : 0);
    }
    if (connection === "signed_out") void this.#askForStanding();
    this.#tellSaved();
  }

  /** The line was ended for its sign-in: that has ended, or only its session was replaced (another password, say). */
  async #askForStanding(): Promise<void> {
    clearTimeout(this.#signInTimer);
    // A new password ends the line before the tab that gave it has the new session's cookie.
    await new Promise((resolve) => (this.#signInTimer = setTimeout(resolve, NEW_COOKIE_MS)));
    const { kind } = await this.#options.session.check();
    if (kind !== "signed_in") return;
    // Refused once more though all looks well: with patience.
    const pauseMs = Math.max(0, this.#retriedAt + SIGN_IN_PAUSE_MS - performance.now());
    this.#signInTimer = setTimeout(() => {
      this.#retriedAt = performance.now();
      this.socket.connectNow();
    }, pauseMs);
  }

  #standingChanged({ kind }: Standing): void {
    if (kind !== "signed_in") return;
    this.#options.renewTilePass();
    this.socket.connectNow();
  }

  #setOffline(): void {
    this.#offline = true;
    this.watch.lineLost();
    this.#tellSaved();
  }

  #tellSaved(): void {
    if (this.#offline) this.saved.set("offline");
    else this.saved.set(this.outbox.unsent.get() > 0 || !this.outbox.isRead.get() ? "saving" : "saved");
  }

  #warnBeforeUnload(wanted: boolean): void {
    window.removeEventListener("beforeunload", askBeforeUnload);
    if (wanted) window.addEventListener("beforeunload", askBeforeUnload);
  }
}

/** The browser asks in words of its own whether to leave. */
function askBeforeUnload(event: BeforeUnloadEvent): void {
  event.preventDefault();
  event.returnValue = true;
}
