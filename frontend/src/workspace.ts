/** The open slide: connects viewer, overlay, tools, store and the line to the server. The only file that knows them all. */
import { decodeSnapshot } from "./api/packed";
import { getPackedObjects, getSlide, type Model, type Slide, type User } from "./api/rest";
import { followUp, learnPrompts } from "./follow-ups";
import { Intentions } from "./live/intentions";
import { LiveSlide } from "./live/live-slide";
import { ObjectLoader } from "./live/object-loader";
import type { RegionWork } from "./live/region-work";
import { Overlay } from "./overlay/overlay";
import { UNKNOWN_COLOUR } from "./overlay/style";
import { openRegions } from "./regions";
import type { Session } from "./session";
import { ClickTimes } from "./store/click-times";
import { gestureFor } from "./store/gestures";
import { Labels } from "./store/labels";
import type { ObjectType } from "./store/messages";
import { ModelChoice } from "./store/model-choice";
import { Notices } from "./store/notices";
import { ObjectStore } from "./store/objects";
import { boxOfRegion } from "./store/region";
import { Selection } from "./store/selection";
import { FILL_OPACITIES, keepPlace, lastPlace, loadSettings, type Settings } from "./store/settings";
import type { Box } from "./store/shape";
import { Signal } from "./store/signal";
import { TilePass } from "./tile-pass";
import { Asking } from "./tools/asking";
import { Decisions } from "./tools/decisions";
import { InHand } from "./tools/in-hand";
import { Labelling } from "./tools/labelling";
import { Pointing, type NextClick } from "./tools/pointing";
import type { ToolContext, ToolName } from "./tools/tool";
import { Toolbox } from "./tools/toolbox";
import { boxOfView, toScreen, type View } from "./viewer/coordinates";
import { SlideViewer } from "./viewer/slide-viewer";
import type { PointerPress } from "./viewer/stroke-input";

export type { NextClick, ToolName };

/** A view that shows an object is at least this close: screen pixels for each level-0 pixel. */
const CLOSE_SCALE = 1;
/** What the page could not fetch is fetched again after so long. */
const LAYER_PAUSE_MS = 3_000;

export class Workspace {
  readonly slide: Slide;
  readonly user: User;
  readonly session: Session;
  readonly settings: Settings = loadSettings();
  readonly notices = new Notices();
  readonly selection = new Selection();
  readonly clickTimes = new ClickTimes();
  readonly store: ObjectStore;
  readonly live: LiveSlide;
  readonly loader: ObjectLoader;
  readonly viewer: SlideViewer;
  readonly decisions: Decisions;
  readonly labels: Labels;
  readonly models: ModelChoice<Model>;
  readonly asking: Asking<Model>;
  readonly tools: Toolbox;
  readonly labelling: Labelling;
  readonly pointing: Pointing;
  readonly regions: RegionWork;
  readonly canEdit: boolean;
  readonly project: Signal<Slide["project"]>;
  readonly view = new Signal<View | null>(null);
  /** Level-0 px under the pointer. */
  readonly pointer = new Signal<{ x: number; y: number } | null>(null);
  readonly helpOpen = new Signal(false);
  readonly guidelinesOpen = new Signal(false);

  readonly #inHand: InHand;
  readonly #overlay: Overlay;
  readonly #intentions: Intentions;
  readonly #tilePass: TilePass;
  #stopped = false;
  #renewing = false;

  constructor(host: HTMLElement, slide: Slide, session: Session) {
    this.slide = slide;
    this.session = session;
    this.user = session.user;
    this.labels = new Labels(slide.labels);
    this.models = new ModelChoice(slide);
    this.canEdit = slide.role !== "viewer";
    this.project = new Signal(slide.project);
    this.#tilePass = new TilePass(slide.id, () => this.viewer.reloadTiles());
    // The pictures first: everything below runs while the first tiles are on their way.
    this.viewer = this.#openViewer(host);
    this.store = new ObjectStore(this.user.username);
    this.live = this.#openLine();
    this.loader = this.#openLoader();
    this.#intentions = new Intentions(this.store, (change) => this.live.carry(change));
    this.asking = new Asking({
      labels: this.labels,
      models: this.models,
      store: this.store,
      segment: (...question) => this.#intentions.segment(...question),
      say: (words) => this.notices.say("warning", words),
    });
    const context = this.#toolContext();
    this.#inHand = new InHand(context);
    this.tools = new Toolbox(context, this.#inHand, {
      canEdit: this.canEdit,
      fitLabel: (tool) => this.labelling.fitLabel(tool),
      dropStroke: () => this.viewer.dropStroke(),
    });
    this.decisions = new Decisions({
      store: this.store,
      selection: this.selection,
      intentions: this.#intentions,
      say: (words) => this.notices.say("info", words),
      show: (point) => this.#show(point),
    });
    this.labelling = this.#openLabelling();
    this.pointing = new Pointing(this.store, this.selection, this.tools);
    this.#overlay = this.#openOverlay();
    this.regions = this.#openRegions();
    const { store, models, notices, selection, settings } = this;
    const toolInUse = () => this.tools.inUse.get();
    const following = {
      slideId: slide.id, username: this.user.username, store, models, notices, selection, settings, toolInUse,
    };
    store.subscribe((changes) => followUp(following, changes));
    for (const signal of [this.labels.chosen, this.labels.list]) signal.subscribe(() => this.pointing.aimAnew());
    host.dataset.next = "";
    this.pointing.nextClick.subscribe((next) => (host.dataset.next = next ?? ""));
    this.pointing.isOverHandle.subscribe((isOver) => host.toggleAttribute("data-over-handle", isOver));
    settings.fillOpacity.subscribe(() => this.#overlay.fillOpacityChanged());
    selection.selected.subscribe((id) => void learnPrompts(following, id));
    selection.selected.subscribe((id) => {
      if (id !== null && toolInUse() === "move") settings.hints.learn("move");
    });
    this.helpOpen.subscribe((isOpen) => isOpen && settings.hints.bringBack());
    this.tools.inUse.subscribe((name) => (host.dataset.tool = name));
    this.tools.use(gestureFor(this.labels.chosenType()) ?? "click");
    window.addEventListener("pagehide", this.#keepPlace);
    this.live.socket.connect();
  }

  /** The model answers from now on for the type on this slide, and is asked about the object in hand at once. */
  chooseModel(type: ObjectType, model: Model): void {
    this.models.choose(type, model);
    const object = this.#inHand.open();
    const isOfType = object && this.labels.typeOf(object.labelId) === type;
    if (isOfType && object.prompts.length > 0) this.#inHand.replacePrompts(object, object.prompts, performance.now());
  }

  /** Let go of one thing: the line that is being drawn, else what the tool has collected, else the selection. */
  letGo(): void {
    if (!this.tools.letGo()) this.selection.selected.set(null);
  }

  /** Take the last prompt of the object in hand back; without one in hand, delete the selected object. */
  takeBack(): void {
    const object = this.#inHand.open();
    if (!object) return this.decisions.delete();
    if (!this.#inHand.takeBackLast(object, performance.now())) this.decisions.reject();
  }

  setAnnotationsVisible(visible: boolean): void {
    this.#overlay.setVisible(visible);
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
      onClick: (click) => this.tools.click(click),
      onPress: (press) => this.tools.press(press),
      onHover: (pointer) => this.#hovered(pointer),
      onFirstPicture: () => void this.#attachSettledLayer(),
      onTileFailed: () => this.#tilePass.renewAfterFailure(),
    });
  }

  #openLine(): LiveSlide {
    return new LiveSlide({
      username: this.user.username,
      userId: this.user.id,
      slideId: this.slide.id,
      session: this.session,
      store: this.store,
      notices: this.notices,
      clickTimes: this.clickTimes,
      reloadSnapshot: () => this.loader.reload(),
      renewTilePass: () => this.#tilePass.renew(),
      projectVersion: (version) => void this.#renewProject(version),
    });
  }

  #openLoader(): ObjectLoader {
    const load = async (box: Box) =>
      decodeSnapshot(await getPackedObjects(this.slide.id, [box.minX, box.minY, box.maxX, box.maxY]), box);
    return new ObjectLoader(this.store, load, (snapshot) => this.live.snapshotLoaded(snapshot));
  }

  #openOverlay(): Overlay {
    const colourOf = (labelId: number) => this.labels.get(labelId)?.colour ?? UNKNOWN_COLOUR;
    return new Overlay({
      host: this.viewer.overlayHost,
      store: this.store,
      selection: this.selection,
      colourOf,
      inkColour: (objectId) => colourOf(this.asking.labelFor(objectId) ?? NaN),
      fillOpacity: () => this.settings.fillOpacity.get(),
      onPainted: () => this.clickTimes.painted(),
    });
  }

  #openRegions(): RegionWork {
    const { slide, store, notices, viewer, view } = this;
    const regions = openRegions({
      slide,
      store,
      notices,
      viewer,
      view,
      isSaved: () => this.live.saved.get() === "saved",
      label: (type) => this.labelling.chooseType(type),
    });
    regions.region.subscribe((region) => this.#overlay.setRegion(region && boxOfRegion(region)));
    return regions;
  }

  #openLabelling(): Labelling {
    return new Labelling({
      canEdit: this.canEdit,
      labels: this.labels,
      toolInUse: () => this.tools.inUse.get(),
      useTool: (name) => this.tools.use(name),
      hasSelected: () => this.selection.selected.get() !== null,
      relabel: (labelId) => this.decisions.relabel(labelId),
      say: (tone, words) => this.notices.say(tone, words),
    });
  }

  /** A project admin has changed labels or guidelines. A failure is made good at the next heartbeat. */
  async #renewProject(version: number): Promise<void> {
    if (version === this.project.get().version || this.#renewing) return;
    this.#renewing = true;
    const slide = await getSlide(this.slide.id).catch(() => null);
    this.#renewing = false;
    if (!slide || this.#stopped) return;
    const before = JSON.stringify(this.labels.all);
    this.project.set(slide.project);
    this.models.renewed(slide);
    if (JSON.stringify(slide.labels) === before) return;
    this.labelling.renewed(slide.labels);
    this.#overlay.coloursChanged();
    this.notices.say("info", "A project admin has changed the labels: they are shown as they are now.");
  }

  /** The WebGL part is large: it is fetched and its shaders compiled once the first tile stands. */
  async #attachSettledLayer(): Promise<void> {
    try {
      const { SettledLayer } = await import("./overlay/settled");
      if (!this.#stopped) this.#overlay.attachSettled(new SettledLayer(this.viewer.overlayHost));
    } catch {
      // The server was away just then. Without this layer accepted objects have no fill.
      if (!this.#stopped) setTimeout(() => void this.#attachSettledLayer(), LAYER_PAUSE_MS);
    }
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
        segment: (questions) => this.asking.ask(questions),
        accept: (ids, how) => this.#intentions.accept(ids, how),
        sighted: (id) => this.#intentions.sighted(id),
      },
      isOfChosenType: ({ labelId }) => this.labels.typeOf(labelId) === this.labels.chosenType(),
      acceptAsIGo: () => this.settings.acceptAsIGo.get(),
      canAsk: (objectId) => this.asking.canAsk(objectId),
      timeClick: (id, turn, pointerUp) => this.clickTimes.start(id, turn, pointerUp),
      say: (words) => this.notices.say("info", words),
    };
  }

  #hovered(pointer: PointerPress | null): void {
    this.pointer.set(pointer);
    this.pointing.moved(pointer);
  }

  #viewChanged(view: View): void {
    this.view.set(view);
    this.#overlay.setView(view);
    this.loader.viewChanged(boxOfView(view));
  }

  #show({ x, y }: { x: number; y: number }): void {
    const { view } = this.viewer;
    const at = toScreen(view, x, y);
    const margin = 60;
    const isInside = at.x > margin && at.y > margin && at.x < view.width - margin && at.y < view.height - margin;
    if (!isInside || view.scale < CLOSE_SCALE / 4) this.viewer.goTo(x, y, Math.max(view.scale, CLOSE_SCALE), false);
  }
}
