/** The region that the person labels: taken from the queue, kept while the page is seen, counted, and closed; or declared. */
import type { ObjectType } from "../store/messages";
import type { ChangeSet, ObjectStore } from "../store/objects";
import { countsAsAccepted } from "../store/objects";
import { holds, type Region, type RegionCounts } from "../store/region";
import { measure, type Box } from "../store/shape";
import { Signal } from "../store/signal";
import type { SlideObject } from "../store/slide-object";

type Step = "renew" | "release" | "skip";

/** Asked before something is closed in which nothing is accepted. */
export interface EmptyQuestion {
  /** The server's, with its counts. */
  readonly words: string;
  answer(isMeant: boolean): void;
}

export interface RegionContext {
  readonly slideId: number;
  readonly store: ObjectStore;
  readonly server: {
    mine(): Promise<{ counts: RegionCounts; region: Region | null }>;
    get(regionId: number): Promise<Region>;
    next(): Promise<Region>;
    step(regionId: number, step: Step): Promise<Region>;
    complete(regionId: number, empty: boolean): Promise<Region>;
    declare(box: Box, objectType: ObjectType, empty: boolean): Promise<Region>;
  };
  /** Bring the region into view and make its type of object the one that is labelled. */
  show(region: Region): void;
  /** Open the other slide on which the region lies. */
  leaveFor(region: Region): void;
  say(tone: "info" | "warning", words: string): void;
  /** Everything that the person did has reached the server. */
  isSaved(): boolean;
  /** The page is on the screen, not in a tab behind. */
  isSeen(): boolean;
}

const TICK_MS = 15_000;
/** A lease with less than this left is renewed, if the page is seen. */
const RENEW_BELOW_S = 10 * 60;
/** After a change in the region its objects are counted anew, once the hand rests. */
const COUNT_PAUSE_MS = 1_000;
/** annotator/regions/errors.py NothingAccepted */
const NOTHING_ACCEPTED = "nothing_accepted";
const UNSAVED = "Some of your work is still on its way to the server. Complete it when the status bar says Saved.";

export class RegionWork {
  /** The one in hand, or one that is only looked at (`mine` is false). */
  readonly region = new Signal<Region | null>(null);
  /** Of the project's queue. */
  readonly counts = new Signal<RegionCounts | null>(null);
  /** Whole minutes until the lease runs out; null without a lease. */
  readonly minutesLeft = new Signal<number | null>(null);
  readonly busy = new Signal(false);
  readonly question = new Signal<EmptyQuestion | null>(null);
  readonly #context: RegionContext;
  readonly #unsubscribe: () => void;
  #leaseEnd = 0;
  #ticks: ReturnType<typeof setInterval> | undefined;
  #count: ReturnType<typeof setTimeout> | undefined;

  constructor(context: RegionContext) {
    this.#context = context;
    this.#unsubscribe = context.store.subscribe((changes) => this.#changed(changes));
  }

  /** When the slide opens: the region that the address names, else the one in hand, if it lies here. */
  async open(named: number | null): Promise<void> {
    const { server, slideId, show } = this.#context;
    await this.#try(async () => {
      const { counts, region: mine } = await server.mine();
      this.counts.set(counts);
      const region = named !== null && named !== mine?.id ? await server.get(named) : mine;
      if (region?.slide_id !== slideId) return;
      this.#take(region);
      if (named !== null) show(region);
    });
  }

  /** The region in hand, else the first free one; it may lie on another slide. */
  async next(): Promise<void> {
    const { server, slideId, show, leaveFor } = this.#context;
    await this.#try(async () => {
      const region = await server.next();
      if (region.slide_id !== slideId) return leaveFor(region);
      this.#take(region);
      show(region);
      this.counts.set((await server.mine()).counts);
    });
  }

  /** Close the region in hand, or give it back; it leaves the screen. */
  async end(step: "complete" | "skip" | "release"): Promise<void> {
    const { server, say, isSaved } = this.#context;
    const region = this.region.get();
    if (!region) return;
    if (step === "complete" && !isSaved()) return say("warning", UNSAVED);
    await this.#try(async () => {
      if (step !== "complete") await server.step(region.id, step);
      else if (!(await this.#unlessEmpty((empty) => server.complete(region.id, empty)))) return;
      this.drop();
      this.counts.set((await server.mine()).counts);
    });
  }

  /** Complete a box that no queue named; false where it is refused or not meant. It is then looked at, unless another is in hand. */
  async declare(box: Box, objectType: ObjectType): Promise<boolean> {
    const { server, say, isSaved } = this.#context;
    if (!isSaved()) {
      say("warning", UNSAVED);
      return false;
    }
    let isDone = false;
    await this.#try(async () => {
      const region = await this.#unlessEmpty((empty) => server.declare(box, objectType, empty));
      if (!region) return;
      isDone = true;
      if (this.region.get()?.mine) say("info", "The area is marked as complete.");
      else this.#take(region);
    });
    return isDone;
  }

  /** Look at it no more; a lease goes on until it runs out. */
  drop(): void {
    clearInterval(this.#ticks);
    clearTimeout(this.#count);
    this.#ticks = this.#count = undefined;
    this.minutesLeft.set(null);
    this.question.get()?.answer(false);
    this.region.set(null);
  }

  stop(): void {
    this.#unsubscribe();
    this.drop();
  }

  #take(region: Region): void {
    this.region.set(region);
    if (!region.mine) return this.minutesLeft.set(null);
    this.#leaseEnd = performance.now() + (region.lease_left_s ?? 0) * 1000;
    this.#ticks ??= setInterval(() => this.#tick(), TICK_MS);
    this.#tellMinutes();
  }

  #tick(): void {
    this.#tellMinutes();
    const isShort = this.#leaseEnd - performance.now() < RENEW_BELOW_S * 1000;
    if (isShort && this.#context.isSeen()) void this.#renew();
  }

  #tellMinutes(): void {
    this.minutesLeft.set(Math.max(0, Math.ceil((this.#leaseEnd - performance.now()) / 60_000)));
  }

  /** Also counts: the answer says how many objects lie in the region. */
  async #renew(): Promise<void> {
    const region = this.region.get();
    if (!region) return;
    try {
      const { server } = this.#context;
      const now = region.mine ? await server.step(region.id, "renew") : await server.get(region.id);
      if (this.region.get()?.id === region.id) this.#take(now);
    } catch (error) {
      if (!isRefusal(error) || this.region.get()?.id !== region.id) return; // the line is down: the next tick tries again
      this.#context.say("warning", error.message);
      this.drop();
    }
  }

  #changed({ origin, changes }: ChangeSet): void {
    const region = this.region.get();
    if (!region || origin === "snapshot") return;
    const counted = (object: SlideObject | undefined) =>
      object?.shape !== undefined && object.shape !== null && countsAsAccepted(object) && holds(region, measure(object.shape).centroid);
    for (const { before, after } of changes.values()) {
      if (counted(before) === counted(after)) continue;
      clearTimeout(this.#count);
      this.#count = setTimeout(() => void this.#renew(), COUNT_PAUSE_MS);
      return;
    }
  }

  /** Where nothing is accepted in it the person is asked once more; null: not meant. */
  async #unlessEmpty(act: (empty: boolean) => Promise<Region>): Promise<Region | null> {
    try {
      return await act(false);
    } catch (error) {
      if ((error as { code?: string }).code !== NOTHING_ACCEPTED) throw error;
      return (await this.#ask((error as Error).message)) ? act(true) : null;
    }
  }

  #ask(words: string): Promise<boolean> {
    return new Promise((resolve) => {
      const answer = (isMeant: boolean) => {
        this.question.set(null);
        resolve(isMeant);
      };
      this.question.set({ words, answer });
    });
  }

  /** Does nothing while something else is under way, and says why where it is refused. */
  async #try(act: () => Promise<void>): Promise<void> {
    if (this.busy.get()) return;
    this.busy.set(true);
    try {
      await act();
    } catch (error) {
      this.#context.say("warning", (error as Error).message);
    } finally {
      this.busy.set(false);
    }
  }
}

/** The server has answered, and said no. */
function isRefusal(error: unknown): error is Error {
  const status = (error as { status?: number }).status ?? 0;
  return status >= 400 && status < 500;
}
