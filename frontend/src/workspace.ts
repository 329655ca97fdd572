/** The open slide: connects viewer, overlay, tools, store and the line to the server. The only file that knows them all. */
import { decodeSnapshot } from "./api/packed";
import { getPackedObjects, renewTilePass, type Label, type Model, type Slide, type User } from "./api/rest";
import { Intentions } from "./live/intentions";
import { LiveSlide } from "./live/live-slide";
import { ObjectLoader } from "./live/object-loader";
import { Overlay } from "./overlay/overlay";
import { UNKNOWN_COLOUR } from "./overlay/style";
import { ClickTimes } from "./store/click-times";
import { Notices } from "./store/notices";
import { ObjectStore, type ChangeSet } from "./store/objects";
import { Selection } from "./store/selection";
import { FILL_OPACITIES, keepPlace, lastPlace, loadSettings, type Settings } from "./store/settings";
import type { Box } from "./store/shape";
import { Signal } from "./store/signal";
import { ClickTool } from "./tools/click";
import { Decisions } from "./tools/decisions";
import { MoveTool } from "./tools/move";
import type { Tool, ToolContext } from "./tools/tool";
import { boxOfView, toScreen, type View } from "./viewer/coordinates";
import { SlideViewer, type PointerClick } from "./viewer/slide-viewer";

export type ToolName = Tool["name"];

/** A view that shows an object is at least this close: screen pixels for each level-0 pixel. */
const CLOSE_SCALE = 1;
const FAILED_TILE_PAUSE_MS = 5_000;

export class Workspace {
  readonly slide: Slide;
  readonly user: User;
  readonly settings: Settings = loadSettings();
  readonly notices = new Notices();
  readonly selection = new Selection();
  readonly clickTimes = new ClickTimes();
  readonly store: ObjectStore;
  readonly live: LiveSlide;
  readonly loader: ObjectLoader;
  readonly viewer: SlideViewer;
  readonly decisions: Decisions;
  readonly canEdit: boolean;
  readonly tool = new Signal<ToolName>("move");
  readonly labelId: Signal<number | null>;
  readonly view = new Signal<View | null>(null);
  /** Level-0 px under the pointer. */
  readonly pointer = new Signal<{ x: number; y: number } | null>(null);
  readonly helpOpen = new Signal(false);

  readonly #tools: Record<ToolName, Tool>;
  readonly #overlay: Overlay;
  readonly #intentions: Intentions;
  #panOnly = false;
  #stopped = false;
  #passRenewedAt = -Infinity;

  constructor(host: HTMLElement, slide: Slide, user: User) {
    this.slide = slide;
    this.user = user;
    this.canEdit = slide.role !== "viewer";
    this.labelId = new Signal(slide.labels[0]?.id ?? null);
    // The pictures first: everything below runs while the first tiles are on their way.
    this.viewer = this.#openViewer(host);
    this.store = new ObjectStore(user.username);
    this.live = this.#openLine();
    this.loader = this.#openLoader();
    this.#intentions = new Intentions(this.store, (change) => this.live.carry(change));
    this.#tools = { move: new MoveTool(this.#toolContext()), click: new ClickTool(this.#toolContext()) };
    this.decisions = new Decisions({
      store: this.store,
      selection: this.selection,
      intentions: this.#intentions,
      show: (point) => this.#show(point),
    });
    this.#overlay = this.#openOverlay();
    this.store.subscribe((changes) => this.#objectsChanged(changes));
    this.settings.fillOpacity.subscribe(() => this.#overlay.fillOpacityChanged());
    if (this.canEdit) this.tool.set("click");
    window.addEventListener("pagehide", this.#keepPlace);
    this.live.socket.connect();
  }

  get activeTool(): Tool {
    return this.#tools[this.tool.get()];
  }

  useTool(name: ToolName): void {
    if (name === "click" && !this.canEdit) return;
    this.activeTool.cancel();
    this.tool.set(name);
  }

  /** With this label the next object is asked; a selected one takes it. */
  chooseLabel(labelId: number): void {
    this.labelId.set(labelId);
    if (this.canEdit) this.decisions.relabel(labelId);
  }

  labelOf(labelId: number): Label | undefined {
    return this.slide.labels.find((label) => label.id === labelId);
  }

  colourOf = (labelId: number): string => this.labelOf(labelId)?.colour ?? UNKNOWN_COLOUR;

  /** The model that answers clicks with the chosen label. */
  activeModel(labelId: number | null): Model | undefined {
    const type = labelId === null ? undefined : this.labelOf(labelId)?.object_type;
    return this.slide.models.find((model) => model.active && (type === undefined || model.object_type === type));
  }

  setAnnotationsVisible(visible: boolean): void {
    this.#overlay.setVisible(visible);
  }

  /** While Space is held clicks do nothing, so that the hand can pan with any tool. */
  setPanOnly(panOnly: boolean): void {
    this.#panOnly = panOnly;
  }

  nextFillOpacity(): void {
    const now = this.settings.fillOpacity.get();
    const at = FILL_OPACITIES.findIndex((opacity) => opacity === now);
    this.settings.fillOpacity.set(FILL_OPACITIES[(at + 1) % FILL_OPACITIES.length]!);
  }

  stop(): void {
    this.#stopped = true;
    window.removeEventListener("pagehide", this.#keepPlace);
    this.live.stop();
    this.loader.stop();
    this.#overlay.stop();
    this.viewer.destroy();
  }

  #openViewer(host: HTMLElement): SlideViewer {
    const landing = lastPlace(this.slide.id) ?? this.slide.landing;
    return new SlideViewer(host, { ...this.slide, landing }, {
      onView: (view) => this.#viewChanged(view),
      onClick: (click) => this.#clicked(click),
      onHover: (point) => this.#hovered(point),
      onFirstPicture: () => void this.#attachSettledLayer(),
      onTileFailed: () => this.#renewPassAfterFailure(),
    });
  }

  #openLine(): LiveSlide {
    return new LiveSlide({
      username: this.user.username,
      slideId: this.slide.id,
      store: this.store,
      notices: this.notices,
      clickTimes: this.clickTimes,
      reloadSnapshot: () => this.loader.reload(),
      renewTilePass: () => void renewTilePass(this.slide.id).catch(() => undefined),
    });
  }

  #openLoader(): ObjectLoader {
    const load = async (box: Box) =>
      decodeSnapshot(await getPackedObjects(this.slide.id, [box.minX, box.minY, box.maxX, box.maxY]), box);
    return new ObjectLoader(this.store, load, (snapshot) => this.live.snapshotLoaded(snapshot));
  }

  #openOverlay(): Overlay {
    return new Overlay({
      host: this.viewer.overlayHost,
      store: this.store,
      selection: this.selection,
      colourOf: this.colourOf,
      fillOpacity: () => this.settings.fillOpacity.get(),
      onPainted: () => this.clickTimes.painted(),
    });
  }

  /** The WebGL part is large: it is fetched and its shaders compiled once the first tile stands. */
  async #attachSettledLayer(): Promise<void> {
    const { SettledLayer } = await import("./overlay/settled");
    if (!this.#stopped) this.#overlay.attachSettled(new SettledLayer(this.viewer.overlayHost));
  }

  #keepPlace = (): void => {
    const { minX, minY, maxX, maxY } = boxOfView(this.viewer.view);
    keepPlace(this.slide.id, { x: (minX + maxX) / 2, y: (minY + maxY) / 2, width_px: maxX - minX });
  };

  #toolContext(): ToolContext {
    return {
      store: this.store,
      selection: this.selection,
      intentions: {
        segment: (questions) => this.#ask(questions),
        accept: (ids, how) => this.#intentions.accept(ids, how),
        sighted: (id) => this.#intentions.sighted(id),
      },
      acceptAsIGo: () => this.settings.acceptAsIGo.get(),
      timeClick: (id, turn, pointerUp) => this.clickTimes.start(id, turn, pointerUp),
      say: (words) => this.notices.say("info", words),
    };
  }

  #ask(questions: Parameters<ToolContext["intentions"]["segment"]>[0]): void {
    const labelId = this.labelId.get();
    if (labelId === null) {
      return this.notices.say("warning", "This project has no label yet: an administrator adds the first one.");
    }
    // A correction keeps its object's label, whatever is chosen for the next object.
    const known = questions.length === 1 ? this.store.get(questions[0]!.objectId)?.labelId : undefined;
    this.#intentions.segment(questions, known ?? labelId, null);
  }

  #clicked(click: PointerClick): void {
    if (this.#panOnly) return;
    const { width, height } = this.slide;
    if (click.x < 0 || click.y < 0 || click.x >= width || click.y >= height) return;
    this.activeTool.click(click);
  }

  #hovered(point: { x: number; y: number } | null): void {
    this.pointer.set(point);
    this.selection.hovered.set(point ? (this.store.at(point.x, point.y)?.id ?? null) : null);
  }

  #viewChanged(view: View): void {
    this.view.set(view);
    this.#overlay.setView(view);
    this.loader.viewChanged(boxOfView(view));
  }

  #objectsChanged({ changes }: ChangeSet): void {
    const gone: string[] = [];
    let accepted = 0;
    for (const [id, { before, after }] of changes) {
      if (!after || after.state === "rejected" || after.state === "deleted") gone.push(id);
      const isMine = after?.author === this.user.username;
      if (isMine && after.state === "accepted" && before && before.state !== "accepted") accepted += 1;
      if (before && after?.state === "failed" && before.state === "asked" && isMine) this.#sayFailure(after.failure);
    }
    this.selection.forget(gone);
    if (accepted > 0) this.settings.acceptedSoFar.update((count) => count + accepted);
  }

  #sayFailure(failure: string | null): void {
    this.notices.say("warning", failure ?? "The model found no outline at this place.");
  }

  #show({ x, y }: { x: number; y: number }): void {
    const { view } = this.viewer;
    const at = toScreen(view, x, y);
    const margin = 60;
    const isInside = at.x > margin && at.y > margin && at.x < view.width - margin && at.y < view.height - margin;
    if (!isInside || view.scale < CLOSE_SCALE / 4) this.viewer.goTo(x, y, Math.max(view.scale, CLOSE_SCALE), false);
  }

  /** A tile is refused when the pass ran out while the line was down. */
  #renewPassAfterFailure(): void {
    const now = performance.now();
    if (now - this.#passRenewedAt < FAILED_TILE_PAUSE_MS) return;
    this.#passRenewedAt = now;
    void renewTilePass(this.slide.id).then(
      () => this.viewer.reloadTiles(),
      () => undefined,
    );
  }
}
