/** The open slide: connects viewer, overlay, tools, store and the line to the server. The only file that knows them all. */
import { decodeSnapshot } from "./api/packed";
import { getMyRegion, getRegion, stepRegion, takeNextRegion } from "./api/regions";
import { getObject, getPackedObjects, getSlide, renewTilePass, type Label, type Model, type Slide, type User } from "./api/rest";
import { Intentions } from "./live/intentions";
import { LiveSlide } from "./live/live-slide";
import { ObjectLoader } from "./live/object-loader";
import { RegionWork } from "./live/region-work";
import { Overlay } from "./overlay/overlay";
import { UNKNOWN_COLOUR } from "./overlay/style";
import { ClickTimes } from "./store/click-times";
import { ModelChoice } from "./store/model-choice";
import type { ObjectType } from "./store/messages";
import { Notices } from "./store/notices";
import { ObjectStore, type ChangeSet } from "./store/objects";
import { boxOfRegion, type Region } from "./store/region";
import { Selection } from "./store/selection";
import { FILL_OPACITIES, keepPlace, lastPlace, loadSettings, type Settings } from "./store/settings";
import type { Box } from "./store/shape";
import { Signal } from "./store/signal";
import { ClickTool } from "./tools/click";
import { Decisions } from "./tools/decisions";
import { InHand } from "./tools/in-hand";
import { MoveTool } from "./tools/move";
import { PromptMover } from "./tools/prompt-mover";
import { SquiggleTool } from "./tools/squiggle";
import type { Question, Stroke, Tool, ToolContext } from "./tools/tool";
import { boxOfView, toScreen, type View } from "./viewer/coordinates";
import { SlideViewer, type PointerClick } from "./viewer/slide-viewer";
import type { PointerPress } from "./viewer/stroke-input";

export type ToolName = Tool["name"];

/** The gesture that suits what a label marks; other labels leave the tool as it is. */
const TOOL_FOR: Partial<Record<ObjectType, ToolName>> = { nucleus: "click", cell: "click", gland: "squiggle" };
const NO_LABEL = "This project has no label yet: an administrator adds the first one.";

/** A view that shows an object is at least this close: screen pixels for each level-0 pixel. */
const CLOSE_SCALE = 1;
/** A region takes this much of the view. */
const REGION_SHARE = 0.85;
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
  readonly models: ModelChoice<Model>;
  readonly regions: RegionWork;
  readonly canEdit: boolean;
  readonly tool = new Signal<ToolName>("move");
  readonly labelId: Signal<number | null>;
  readonly view = new Signal<View | null>(null);
  /** Level-0 px under the pointer. */
  readonly pointer = new Signal<{ x: number; y: number } | null>(null);
  readonly helpOpen = new Signal(false);

  readonly #host: HTMLElement;
  readonly #tools: Record<ToolName, Tool>;
  readonly #inHand: InHand;
  readonly #overlay: Overlay;
  readonly #intentions: Intentions;
  #panOnly = false;
  #stopped = false;
  #passRenewedAt = -Infinity;

  constructor(host: HTMLElement, slide: Slide, user: User) {
    this.#host = host;
    this.slide = slide;
    this.user = user;
    this.models = new ModelChoice(slide);
    this.canEdit = slide.role !== "viewer";
    this.labelId = new Signal(slide.labels[0]?.id ?? null);
    // The pictures first: everything below runs while the first tiles are on their way.
    this.viewer = this.#openViewer(host);
    this.store = new ObjectStore(user.username);
    this.live = this.#openLine();
    this.loader = this.#openLoader();
    this.#intentions = new Intentions(this.store, (change) => this.live.carry(change));
    const context = this.#toolContext();
    this.#inHand = new InHand(context);
    const mover = new PromptMover(context, this.#inHand);
    this.#tools = {
      move: new MoveTool(context, mover),
      click: new ClickTool(context, this.#inHand, mover),
      squiggle: new SquiggleTool(context, this.#inHand, mover),
    };
    this.decisions = new Decisions({
      store: this.store,
      selection: this.selection,
      intentions: this.#intentions,
      show: (point) => this.#show(point),
    });
    this.#overlay = this.#openOverlay();
    this.regions = this.#openRegions();
    this.store.subscribe((changes) => this.#objectsChanged(changes));
    this.settings.fillOpacity.subscribe(() => this.#overlay.fillOpacityChanged());
    this.selection.selected.subscribe((id) => void this.#learnPrompts(id));
    this.tool.subscribe((name) => (host.dataset.tool = name));
    this.useTool(this.#toolFor(this.labelId.get()) ?? "click");
    window.addEventListener("pagehide", this.#keepPlace);
    this.live.socket.connect();
  }

  get activeTool(): Tool {
    return this.#tools[this.tool.get()];
  }

  useTool(name: ToolName): void {
    if (name !== "move" && !this.canEdit) return;
    this.viewer.dropStroke();
    this.activeTool.cancel();
    this.tool.set(name);
  }

  /** With this label the next object is asked, by the gesture that suits it; a selected one takes the label. */
  chooseLabel(labelId: number): void {
    this.labelId.set(labelId);
    const tool = this.#toolFor(labelId);
    if (tool && this.tool.get() !== "move") this.useTool(tool);
    if (this.canEdit) this.decisions.relabel(labelId);
  }

  labelOf(labelId: number): Label | undefined {
    return this.slide.labels.find((label) => label.id === labelId);
  }

  colourOf = (labelId: number): string => this.labelOf(labelId)?.colour ?? UNKNOWN_COLOUR;

  /** Let go of one thing: the line that is being drawn, else what the tool has collected, else the selection. */
  letGo(): void {
    if (!this.viewer.dropStroke() && !this.activeTool.cancel()) this.selection.selected.set(null);
  }

  /** Take the last prompt of the object in hand back; without one in hand, delete the selected object. */
  takeBack(): void {
    const object = this.#inHand.open();
    if (!object) return this.decisions.delete();
    if (!this.#inHand.takeBackLast(object, performance.now())) this.decisions.reject();
  }

  /** What the label marks; it decides the gesture and the model. */
  objectTypeOf(labelId: number | null): ObjectType | undefined {
    return labelId === null ? undefined : this.labelOf(labelId)?.object_type;
  }

  /** The model that answers for a label, and why it; without one, why not. */
  answering(labelId: number | null): { model: Model | undefined; reason: string } {
    const type = this.objectTypeOf(labelId);
    return type ? this.models.answering(type) : { model: undefined, reason: NO_LABEL };
  }

  setAnnotationsVisible(visible: boolean): void {
    this.#overlay.setVisible(visible);
  }

  /** While Space is held the tools do nothing, so that the hand can pan with any tool. */
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
    this.regions.stop();
    this.#overlay.stop();
    this.viewer.destroy();
  }

  #openViewer(host: HTMLElement): SlideViewer {
    const landing = lastPlace(this.slide.id) ?? this.slide.landing;
    return new SlideViewer(host, { ...this.slide, landing }, {
      onView: (view) => this.#viewChanged(view),
      onClick: (click) => this.#clicked(click),
      onPress: (press) => this.#pressed(press),
      onHover: (pointer) => this.#hovered(pointer),
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
      inkColour: (objectId) => this.colourOf(this.#labelToAsk(objectId) ?? NaN),
      fillOpacity: () => this.settings.fillOpacity.get(),
      onPainted: () => this.clickTimes.painted(),
    });
  }

  #openRegions(): RegionWork {
    const projectId = this.slide.project.id;
    const regions = new RegionWork({
      slideId: this.slide.id,
      store: this.store,
      server: { mine: () => getMyRegion(projectId), get: getRegion, next: () => takeNextRegion(projectId), step: stepRegion },
      show: (region) => this.#showRegion(region),
      leaveFor: (region) => location.assign(`/slides/${region.slide_id}?region=${region.id}`),
      say: (tone, words) => this.notices.say(tone, words),
      isSaved: () => this.live.saved.get() === "saved",
      isSeen: () => document.visibilityState === "visible",
    });
    regions.region.subscribe((region) => this.#overlay.setRegion(region && boxOfRegion(region)));
    void regions.open(takeRegionFromAddress());
    return regions;
  }

  /** The whole region with a margin, and what is to be labelled in it as the next object's label. */
  #showRegion(region: Region): void {
    if (this.view.get() === null) {
      const stop = this.view.subscribe(() => {
        stop();
        this.#showRegion(region);
      });
      return;
    }
    const { width, height } = this.viewer.view;
    const scale = REGION_SHARE * Math.min(width / region.width, height / region.height);
    this.viewer.goTo(region.x + region.width / 2, region.y + region.height / 2, scale);
    if (this.objectTypeOf(this.labelId.get()) === region.object_type) return;
    const label = this.slide.labels.find(({ object_type }) => object_type === region.object_type);
    if (label) this.chooseLabel(label.id);
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
      slide: this.slide,
      intentions: {
        segment: (questions) => this.#ask(questions),
        accept: (ids, how) => this.#intentions.accept(ids, how),
        sighted: (id) => this.#intentions.sighted(id),
      },
      acceptAsIGo: () => this.settings.acceptAsIGo.get(),
      canAsk: (objectId) => this.#canAsk(objectId),
      timeClick: (id, turn, pointerUp) => this.clickTimes.start(id, turn, pointerUp),
      say: (words) => this.notices.say("info", words),
    };
  }

  #ask(questions: readonly Question[]): void {
    const labelId = this.#labelToAsk(questions.length === 1 ? questions[0]!.objectId : null);
    const type = this.objectTypeOf(labelId);
    if (labelId !== null && type) this.#intentions.segment(questions, labelId, this.models.pickedFor(type));
  }

  /** Says why not, where nothing can be asked. */
  #canAsk(objectId: string | null): boolean {
    const { model, reason } = this.answering(this.#labelToAsk(objectId));
    if (!model) this.notices.say("warning", reason);
    return model !== undefined;
  }

  /** A correction keeps its object's label, whatever is chosen for the next object. */
  #labelToAsk(objectId: string | null): number | null {
    const object = objectId === null ? undefined : this.store.get(objectId);
    return object?.labelId ?? this.labelId.get();
  }

  #toolFor(labelId: number | null): ToolName | undefined {
    const type = this.objectTypeOf(labelId);
    return type && TOOL_FOR[type];
  }

  #clicked(click: PointerClick): void {
    if (this.#panOnly) return;
    if (this.#isOnSlide(click)) this.activeTool.click(click);
  }

  #pressed(press: PointerPress): Stroke | null {
    if (this.#panOnly || !this.canEdit || !this.#isOnSlide(press)) return null;
    return this.activeTool.press(press);
  }

  #isOnSlide({ x, y }: { x: number; y: number }): boolean {
    return x >= 0 && y >= 0 && x < this.slide.width && y < this.slide.height;
  }

  #hovered(pointer: PointerPress | null): void {
    this.pointer.set(pointer);
    this.selection.hovered.set(pointer ? (this.store.at(pointer.x, pointer.y)?.id ?? null) : null);
    const isOverHandle = pointer !== null && this.canEdit && this.activeTool.isOverHandle(pointer);
    this.#host.toggleAttribute("data-over-handle", isOverHandle);
  }

  /** The packed objects come without prompts: those of a selected object are fetched, to be shown and moved. */
  async #learnPrompts(id: string | null): Promise<void> {
    const object = id === null ? undefined : this.store.get(id);
    if (object?.state !== "accepted" || object.prompts.length > 0) return;
    try {
      this.store.learnPrompts(await getObject(object.id));
    } catch (error) {
      this.notices.say("warning", `The prompts of this object could not be loaded. ${(error as Error).message}`);
    }
  }

  async #renewModels(): Promise<void> {
    try {
      this.models.renewed(await getSlide(this.slide.id));
    } catch (error) {
      this.notices.say("warning", `The new model's name could not be loaded. ${(error as Error).message}`);
    }
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
      if (before?.state === "asked" && this.models.isNews(after?.modelId ?? null)) void this.#renewModels();
      if (!after || after.state === "rejected" || after.state === "deleted") gone.push(id);
      const isMine = after?.author === this.user.username;
      if (isMine && after.state === "accepted" && before && before.state !== "accepted") accepted += 1;
      // A correction that failed leaves the accepted mask, with the reason.
      const hasFailed = after?.state === "failed" || (after?.state === "accepted" && after.failure);
      if (before?.state === "asked" && hasFailed && isMine) this.#sayFailure(after.failure);
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

/** The region that the address names, once: a reload keeps the place where the person looks by then. */
function takeRegionFromAddress(): number | null {
  const named = new URLSearchParams(location.search).get("region");
  if (named === null) return null;
  history.replaceState(history.state, "", location.pathname);
  return Number(named);
}
