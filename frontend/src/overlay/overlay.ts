/**
 * Divides the store's objects between the two layers. What is accepted while the person works stays on the live
 * layer at first, so that a click never makes the settled layer triangulate and draw again.
 */
import { isLive, type ChangeSet, type ObjectStore } from "../store/objects";
import type { Selection } from "../store/selection";
import type { Box } from "../store/shape";
import type { SlideObject } from "../store/slide-object";
import type { View } from "../viewer/coordinates";
import { InkLayer } from "./ink";
import { LiveLayer } from "./live";
import { RegionFrame } from "./region-frame";
import type { SettledLayer } from "./settled";

/** So many just accepted objects the live layer carries before they join the settled ones. */
const MAX_FRESH = 60;
/** They join when the hand rests. */
const FRESH_REST_MS = 700;

export interface OverlayOptions {
  host: HTMLElement;
  store: ObjectStore;
  selection: Selection;
  colourOf: (labelId: number) => string;
  /** Colour of the label of the object that a line is drawn for; null: a new one. */
  inkColour: (objectId: string | null) => string;
  fillOpacity: () => number;
  onPainted: () => void;
}

export class Overlay {
  readonly #options: OverlayOptions;
  readonly #frame: RegionFrame;
  readonly #layer: LiveLayer;
  readonly #ink: InkLayer;
  /** Asked, failed and proposed objects, and those accepted since the settled layer was last built. */
  readonly #live = new Map<string, SlideObject>();
  readonly #fresh = new Set<string>();
  readonly #settledObjects = new Map<string, SlideObject>();
  #settledLayer: SettledLayer | null = null;
  #rebuild = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #view: View | null = null;
  #region: Box | null = null;
  #visible = true;
  readonly #unsubscribe: (() => void)[];

  constructor(options: OverlayOptions) {
    this.#options = options;
    this.#frame = new RegionFrame(options.host);
    this.#layer = new LiveLayer(options.host, () => this.#scene(), options.onPainted);
    this.#ink = new InkLayer(options.host);
    const { current, selected, hovered, collected, moved, ink, area } = options.selection;
    const redraw = () => this.#layer.draw();
    // What a reload kept unsent is in the store before anybody looks.
    const known = [...options.store.values()].map((object) => [object.id, { before: undefined, after: object }] as const);
    this.#changed({ origin: "local", changes: new Map(known) });
    this.#unsubscribe = [
      options.store.subscribe((changes) => this.#changed(changes)),
      ...[current, selected, hovered].map((signal) => signal.subscribe(redraw)),
      collected.subscribe(redraw),
      moved.subscribe(redraw),
      area.subscribe(() => this.#drawFrame()),
      ink.subscribe((now) => this.#ink.setInk(now, options.inkColour(now?.objectId ?? null))),
    ];
  }

  /** The WebGL layer comes later than the first tiles; until then accepted objects wait for it. */
  attachSettled(layer: SettledLayer): void {
    this.#settledLayer = layer;
    layer.setVisible(this.#visible);
    if (this.#view) layer.setView(this.#view);
    this.#rebuildSettled();
  }

  setView(view: View): void {
    this.#view = view;
    this.#frame.setView(view);
    this.#layer.setView(view);
    this.#ink.setView(view);
    this.#settledLayer?.setView(view);
  }

  /** The region that is labelled; null: none is. */
  setRegion(box: Box | null): void {
    this.#region = box;
    this.#drawFrame();
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.#layer.setVisible(visible);
    this.#settledLayer?.setVisible(visible);
  }

  fillOpacityChanged(): void {
    this.#settledLayer?.setFillOpacity(this.#options.fillOpacity());
    this.#layer.draw();
  }

  /** Labels have other colours. */
  coloursChanged(): void {
    this.#rebuildSettled();
    this.#layer.draw();
  }

  stop(): void {
    cancelAnimationFrame(this.#rebuild);
    clearTimeout(this.#rest);
    for (const stop of this.#unsubscribe) stop();
    this.#frame.stop();
    this.#layer.stop();
    this.#ink.stop();
    this.#settledLayer?.stop();
  }

  #drawFrame(): void {
    const area = this.#options.selection.area.get();
    this.#frame.setBox(area ?? this.#region, area !== null);
  }

  #changed({ origin, changes }: ChangeSet): void {
    let mustRebuild = false;
    let looksDifferent = false;
    for (const [id, { before, after }] of changes) {
      looksDifferent ||= !looksAlike(before, after);
      const settled = this.#settledObjects.get(id);
      const isAccepted = after?.state === "accepted";
      const looksSettled = isAccepted && settled?.shape === after.shape && settled.labelId === after.labelId;
      if (settled && !looksSettled) mustRebuild = true;
      const isFresh = isAccepted && !settled && origin !== "snapshot";
      if (isAccepted && !settled && !isFresh) mustRebuild = true;
      if (isFresh) this.#fresh.add(id);
      else this.#fresh.delete(id);
      if (after && (isFresh || isLive(after))) this.#live.set(id, after);
      else this.#live.delete(id);
    }
    if (mustRebuild) this.#rebuild ||= requestAnimationFrame(() => this.#rebuildSettled());
    else if (this.#fresh.size > MAX_FRESH) this.#rebuildAtRest();
    if (looksDifferent) this.#layer.draw();
  }

  #rebuildAtRest(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#rebuildSettled(), FRESH_REST_MS);
  }

  #rebuildSettled(): void {
    cancelAnimationFrame(this.#rebuild);
    clearTimeout(this.#rest);
    this.#rebuild = 0;
    if (!this.#settledLayer) return;
    const { store, colourOf, fillOpacity } = this.#options;
    const accepted = [...store.values()].filter((object) => object.state === "accepted");
    this.#settledObjects.clear();
    for (const object of accepted) this.#settledObjects.set(object.id, object);
    this.#settledLayer.setObjects(accepted, { fillOpacity: fillOpacity(), colourOf });
    for (const id of this.#fresh) this.#live.delete(id);
    this.#fresh.clear();
    this.#layer.draw();
  }

  #scene() {
    const { store, selection, colourOf, fillOpacity } = this.#options;
    const objects = new Map(this.#live);
    const [selectedId, hoveredId] = [selection.selected.get(), selection.hovered.get()];
    for (const id of [hoveredId, selectedId]) {
      const object = id === null ? undefined : store.get(id);
      if (object && object.state !== "rejected" && object.state !== "deleted") objects.set(object.id, object);
    }
    return {
      objects: [...objects.values()],
      collected: selection.collected.get(),
      moved: selection.moved.get(),
      currentId: selection.current.get(),
      selectedId,
      hoveredId,
      fillOpacity: fillOpacity(),
      colourOf,
    };
  }
}

/** The server's word for what is shown already needs no new picture: between a click and its answer each one costs. */
function looksAlike(before: SlideObject | undefined, after: SlideObject | undefined): boolean {
  return (
    before !== undefined &&
    after !== undefined &&
    before.state === after.state &&
    before.shape === after.shape &&
    before.labelId === after.labelId &&
    before.accepting === after.accepting &&
    before.turn === after.turn &&
    before.prompts.length === after.prompts.length
  );
}
