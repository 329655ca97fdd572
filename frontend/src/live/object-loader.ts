/** Keeps the objects of the view loaded: a box twice as wide and high as the view, anew when the view leaves it. */
import { acceptedInBox, countsAsAccepted, type ObjectStore, type Snapshot } from "../store/objects";
import { boxContains, enlargeBox, type Box } from "../store/shape";
import { Signal } from "../store/signal";

const MARGIN_FACTOR = 2;
/** A moving view asks at most this often. */
const PAUSE_MS = 150;
const RETRY_MS = 2_000;
/** Zoomed in this much below the loaded box, a box that was cut at the limit is loaded anew in full. */
const REFINE_FACTOR = 4;

export interface Shown {
  readonly shown: number;
  readonly total: number;
}

export class ObjectLoader {
  /** How many accepted objects of the loaded box are on the screen's list, of how many there are. */
  readonly shown = new Signal<Shown>({ shown: 0, total: 0 });
  readonly acceptedByLabel = new Signal<ReadonlyMap<number, number>>(new Map());
  readonly #store: ObjectStore;
  readonly #load: (box: Box) => Promise<Snapshot>;
  readonly #onLoaded: (snapshot: Snapshot) => void;
  #view: Box | null = null;
  #loaded: Box | null = null;
  #missing = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #countTimer: ReturnType<typeof setTimeout> | undefined;
  #busy = false;
  #again = false;
  /** Loads that were asked for before the last reload hold what shall be forgotten. */
  #generation = 0;

  constructor(store: ObjectStore, load: (box: Box) => Promise<Snapshot>, onLoaded: (snapshot: Snapshot) => void) {
    this.#store = store;
    this.#load = load;
    this.#onLoaded = onLoaded;
    store.subscribe(({ origin, changes }) => {
      if (origin === "snapshot") return;
      const byLabel = new Map(this.acceptedByLabel.get());
      for (const { before, after } of changes.values()) {
        if (before && countsAsAccepted(before)) byLabel.set(before.labelId, (byLabel.get(before.labelId) ?? 1) - 1);
        if (after && countsAsAccepted(after)) byLabel.set(after.labelId, (byLabel.get(after.labelId) ?? 0) + 1);
      }
      this.acceptedByLabel.set(byLabel);
      this.#countSoon();
    });
  }

  viewChanged(view: Box): void {
    this.#view = view;
    if (this.#isLoaded(view) || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#run(), this.#loaded ? PAUSE_MS : 0);
  }

  reload(): void {
    this.#generation += 1;
    this.#loaded = null;
    if (this.#view) this.viewChanged(this.#view);
  }

  stop(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#countTimer);
    this.#view = null;
  }

  #isLoaded(view: Box): boolean {
    if (!this.#loaded || !boxContains(this.#loaded, view)) return false;
    const isMuchSmaller = (view.maxX - view.minX) * REFINE_FACTOR < this.#loaded.maxX - this.#loaded.minX;
    return this.#missing === 0 || !isMuchSmaller;
  }

  async #run(): Promise<void> {
    this.#timer = undefined;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      const generation = this.#generation;
      const snapshot = this.#view && (await this.#load(roundBox(enlargeBox(this.#view, MARGIN_FACTOR))));
      if (snapshot && generation === this.#generation) this.#take(snapshot);
      else this.#again = true;
    } catch {
      // The status bar tells that the line is down; the objects come when it is back.
      this.#timer = setTimeout(() => void this.#run(), RETRY_MS);
    }
    this.#busy = false;
    if (this.#again && this.#view) this.viewChanged(this.#view);
    this.#again = false;
  }

  #take(snapshot: Snapshot): void {
    this.#loaded = snapshot.box;
    this.#missing = snapshot.total - snapshot.shown;
    this.#store.merge(snapshot);
    this.acceptedByLabel.set(snapshot.acceptedByLabel);
    this.#count();
    this.#onLoaded(snapshot);
  }

  #countSoon(): void {
    this.#countTimer ??= setTimeout(() => this.#count(), 50);
  }

  #count(): void {
    this.#countTimer = undefined;
    if (!this.#loaded) return;
    const shown = acceptedInBox(this.#store, this.#loaded);
    this.shown.set({ shown, total: shown + this.#missing });
  }
}

function roundBox(box: Box): Box {
  const { minX, minY, maxX, maxY } = box;
  return { minX: Math.floor(minX), minY: Math.floor(minY), maxX: Math.ceil(maxX), maxY: Math.ceil(maxY) };
}
