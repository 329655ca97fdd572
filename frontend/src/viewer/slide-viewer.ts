/** OpenSeadragon behind a few functions: the slide's pixels, its overview map, and the pointer in level-0 pixels. */
import OpenSeadragon from "openseadragon";
import { toLevel0, type View } from "./coordinates";
import { CLICK_SLOP_PX, keysOf, StrokeInput, type PointerPress, type PointerStroke } from "./stroke-input";

export interface SlidePixels {
  readonly width: number;
  readonly height: number;
  readonly tiles: { url: string; tile_width: number; tile_height: number; levels: number };
  /** Where to open: centre and width in level-0 px; null: the whole slide. */
  readonly landing: { x: number; y: number; width_px: number } | null;
}

export interface PointerClick extends PointerPress {
  /** performance.now() of the pointer's release */
  readonly pointerUp: number;
}

export interface ViewerEvents {
  onView(view: View): void;
  onClick(click: PointerClick): void;
  /** Who takes the way of a pressed pointer; null leaves it to OpenSeadragon, which pans. */
  onPress(press: PointerPress): PointerStroke | null;
  /** Where the pointer rests or moves; null when it left. */
  onHover(pointer: PointerPress | null): void;
  onFirstPicture(): void;
  onTileFailed(): void;
}

/** Closer than this nothing new is seen: screen pixels for each level-0 pixel. */
const MAX_SCALE = 8;
const WHEEL_FACTOR = 1.25;

export class SlideViewer {
  readonly #osd: OpenSeadragon.Viewer;
  readonly #events: ViewerEvents;
  readonly #element: HTMLElement;
  readonly #slide: SlidePixels;
  readonly #strokes: StrokeInput;
  #hover = 0;
  #isOpen = false;

  constructor(element: HTMLElement, slide: SlidePixels, events: ViewerEvents) {
    this.#element = element;
    this.#slide = slide;
    this.#events = events;
    this.#osd = OpenSeadragon(viewerOptions(element, slide));
    this.#strokes = new StrokeInput(element, slide, {
      view: () => this.view,
      isOnSlide: (target) => !this.#osd.navigator.element.contains(target),
      onPress: (press) => events.onPress(press),
      onClick: (press, pointerUp) => events.onClick({ ...press, pointerUp }),
    });
    this.#listen();
  }

  /** Above the tiles; overlays put their canvases here. */
  get overlayHost(): HTMLElement {
    return this.#osd.canvas as HTMLElement;
  }

  get view(): View {
    const { viewport } = this.#osd;
    const bounds = viewport.getBoundsNoRotate(true);
    const scale = this.#element.clientWidth / (bounds.width * this.#slide.width);
    return {
      scale,
      originX: bounds.x * this.#slide.width,
      originY: bounds.y * this.#slide.width,
      width: this.#element.clientWidth,
      height: this.#element.clientHeight,
    };
  }

  /** Centre the level-0 point at `scale` screen pixels for each level-0 pixel, at once or gliding. */
  goTo(x: number, y: number, scale: number, immediately = true): void {
    const { viewport } = this.#osd;
    viewport.zoomTo(viewport.imageToViewportZoom(scale), undefined, immediately);
    viewport.panTo(new OpenSeadragon.Point(x / this.#slide.width, y / this.#slide.width), immediately);
  }

  panBy(screenX: number, screenY: number): void {
    const delta = this.#osd.viewport.deltaPointsFromPixels(new OpenSeadragon.Point(screenX, screenY));
    this.#osd.viewport.panBy(delta).applyConstraints();
  }

  zoomBy(factor: number): void {
    this.#osd.viewport.zoomBy(factor).applyConstraints();
  }

  fit(): void {
    this.#osd.viewport.goHome();
  }

  /** Give up the stroke that is being drawn; false when none is. */
  dropStroke(): boolean {
    return this.#strokes.drop();
  }

  /** Try failed tiles anew (after the tile pass was renewed). */
  reloadTiles(): void {
    this.#osd.world.resetItems();
  }

  destroy(): void {
    cancelAnimationFrame(this.#hover);
    this.#strokes.stop();
    this.#osd.destroy();
  }

  #listen(): void {
    const osd = this.#osd;
    osd.addHandler("open", () => {
      this.#isOpen = true;
      const { landing } = this.#slide;
      if (landing) this.goTo(landing.x, landing.y, this.#element.clientWidth / landing.width_px);
      this.#events.onView(this.view);
    });
    osd.addHandler("update-viewport", () => this.#isOpen && this.#events.onView(this.view));
    osd.addHandler("resize", () => this.#isOpen && this.#events.onView(this.view));
    osd.addOnceHandler("tile-drawn", () => this.#events.onFirstPicture());
    osd.addHandler("tile-load-failed", () => this.#events.onTileFailed());
    // The product's own keys act; OpenSeadragon's (rotate, flip, w-a-s-d) would surprise.
    osd.addHandler("canvas-key", (event) => {
      event.preventDefaultAction = true;
    });
    osd.addHandler("canvas-click", (event) => {
      event.preventDefaultAction = true;
      const original = event.originalEvent as PointerEvent;
      const press = this.#pressOf(event.position, original);
      // A finger's click is told with its press: OpenSeadragon asks of it the calm of a mouse.
      if (event.quick && original.pointerType !== "touch") this.#events.onClick({ ...press, pointerUp: original.timeStamp });
    });
    for (const name of ["canvas-drag", "canvas-drag-end"] as const) {
      osd.addHandler(name, (event) => {
        // A finger that draws does not pan, nor does the view fly on when it is lifted.
        if (event.pointerType === "touch" && this.#strokes.ownsTouch) event.preventDefaultAction = true;
      });
    }
    this.#element.addEventListener("pointermove", (event) => this.#hovered(event));
    this.#element.addEventListener("pointerleave", () => this.#events.onHover(null));
  }

  #pressOf(position: { x: number; y: number }, original: PointerEvent): PointerPress {
    const { view } = this;
    return { ...toLevel0(view, position.x, position.y), ...keysOf(original), scale: view.scale };
  }

  #hovered(event: PointerEvent): void {
    cancelAnimationFrame(this.#hover);
    if (event.buttons !== 0) return;
    if (this.#osd.navigator.element.contains(event.target as Node)) return this.#events.onHover(null);
    this.#hover = requestAnimationFrame(() => {
      const corner = this.#element.getBoundingClientRect();
      const position = { x: event.clientX - corner.left, y: event.clientY - corner.top };
      this.#events.onHover(this.#pressOf(position, event));
    });
  }
}

function viewerOptions(element: HTMLElement, slide: SlidePixels): OpenSeadragon.Options {
  const gestures = { clickToZoom: false, dblClickToZoom: false, flickEnabled: true };
  return {
    element,
    tileSources: tileSource(slide),
    // Canvas 2D draws tiles as fast as WebGL here, and leaves the graphics card's contexts to the overlay.
    drawer: "canvas",
    showNavigationControl: false,
    showNavigator: true,
    navigatorPosition: "BOTTOM_RIGHT",
    navigatorSizeRatio: 0.16,
    navigatorMaintainSizeRatio: false,
    navigatorAutoFade: false,
    navigatorDisplayRegionColor: "#4fc3c7",
    gestureSettingsMouse: gestures,
    gestureSettingsTouch: { ...gestures, dblClickDragToZoom: false },
    gestureSettingsPen: gestures,
    // A slow, deliberate press is a click as well: only moving makes it a drag.
    clickTimeThreshold: 60_000,
    clickDistThreshold: CLICK_SLOP_PX,
    zoomPerScroll: WHEEL_FACTOR,
    maxZoomPixelRatio: MAX_SCALE,
    minZoomImageRatio: 0.8,
    visibilityRatio: 0.2,
    // When the panel folds, the tissue stays as large as it was.
    preserveImageSizeOnResize: true,
    animationTime: window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 0.35,
    springStiffness: 9,
    immediateRender: false,
    blendTime: 0,
    imageLoaderLimit: 8,
    maxImageCacheCount: 600,
    // Above this zoom OpenSeadragon would draw at 1:1 and enlarge the picture: blurred, and two pixels short at the edges.
    smoothTileEdgesMinZoom: Infinity,
  } as OpenSeadragon.Options;
}

function tileSource({ width, height, tiles }: SlidePixels): object {
  return {
    width,
    height,
    tileWidth: tiles.tile_width,
    tileHeight: tiles.tile_height,
    minLevel: 0,
    maxLevel: tiles.levels - 1,
    getTileUrl: (level: number, x: number, y: number) =>
      tiles.url.replace("{z}", String(level)).replace("{x}", String(x)).replace("{y}", String(y)),
  };
}
