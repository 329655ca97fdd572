/**
 * The settled layer: accepted objects in WebGL, redrawn only when the view or the set changes. Its canvas lies above
 * the tiles and under the live layer, and takes no pointer events.
 */
import { Deck, OrthographicView } from "@deck.gl/core";
import { SolidPolygonLayer } from "@deck.gl/layers";
import type { SlideObject } from "../store/slide-object";
import type { View } from "../viewer/coordinates";
import { joinMeshes, type JoinedMesh } from "./mesh";
import { OutlineLayer } from "./outline-layer";
import { rgbOf } from "./style";

/** When a drawn frame costs more than this, a moving view shifts the last picture and draws anew when it rests. */
const CHEAP_FRAME_MS = 12;
/** A set with fewer outline indices is drawn without asking what it costs: some 200 nuclei. */
const SMALL_INDICES = 40_000;
const MEASURED_FRAMES = 2;
const REST_MS = 90;
/** The longest time that a moving view shows a shifted picture: in milliseconds, and in frames as dear as the last. */
const SHIFT_FOR_MS = 400;
const SHIFT_FOR_FRAMES = 5;

export interface SettledStyle {
  readonly fillOpacity: number;
  readonly colourOf: (labelId: number) => string;
}

export class SettledLayer {
  readonly #canvas: HTMLCanvasElement;
  readonly #deck: Deck<OrthographicView>;
  #mesh: JoinedMesh = joinMeshes([]);
  #fillOpacity = 0;
  #view: View | null = null;
  #drawnView: View | null = null;
  #drawnAt = 0;
  #frameCostMs = 0;
  #framesToMeasure = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #ready = false;

  constructor(host: HTMLElement) {
    this.#canvas = document.createElement("canvas");
    this.#canvas.className = "overlay-canvas";
    host.insertBefore(this.#canvas, host.querySelector(".overlay-canvas"));
    this.#deck = new Deck({
      canvas: this.#canvas,
      width: "100%",
      height: "100%",
      views: new OrthographicView({ id: "slide", flipY: true }),
      viewState: { target: [0, 0, 0], zoom: 0 },
      controller: false,
      // The shaders compile now, while the first tiles load, because these layers exist although they are empty.
      layers: this.#layers(),
      onLoad: () => {
        this.#ready = true;
        this.#draw();
      },
    });
  }

  /** The set has changed. */
  setObjects(objects: readonly SlideObject[], style: SettledStyle): void {
    const items = objects.flatMap(({ shape, labelId }) =>
      shape ? [{ shape, colour: rgbOf(style.colourOf(labelId)) }] : [],
    );
    this.#mesh = joinMeshes(items);
    this.#fillOpacity = style.fillOpacity;
    this.#deck.setProps({ layers: this.#layers() });
    this.#draw();
    this.#frameCostMs = 0;
    this.#framesToMeasure = this.#mesh.ribbonIndices.length < SMALL_INDICES ? 0 : MEASURED_FRAMES;
  }

  setFillOpacity(opacity: number): void {
    this.#fillOpacity = opacity;
    this.#deck.setProps({ layers: this.#layers() });
    this.#draw();
  }

  /** The view has changed: draw in this frame, or shift the last picture where drawing is slow. */
  setView(view: View): void {
    this.#view = view;
    clearTimeout(this.#rest);
    const isSlow = this.#frameCostMs > CHEAP_FRAME_MS && this.#drawnView !== null;
    const shiftForMs = Math.max(SHIFT_FOR_MS, SHIFT_FOR_FRAMES * this.#frameCostMs);
    if (!isSlow || performance.now() - this.#drawnAt > shiftForMs) {
      this.#draw();
      return this.#measure();
    }
    this.#shift(view);
    this.#rest = setTimeout(() => this.#draw(), REST_MS);
  }

  setVisible(visible: boolean): void {
    this.#canvas.style.visibility = visible ? "visible" : "hidden";
  }

  stop(): void {
    clearTimeout(this.#rest);
    this.#deck.finalize();
    this.#canvas.remove();
  }

  #draw(): void {
    if (!this.#ready || !this.#view) return;
    const { scale, originX, originY, width, height } = this.#view;
    const target = [originX + width / 2 / scale, originY + height / 2 / scale, 0];
    this.#deck.setProps({ viewState: { target, zoom: Math.log2(scale) } as never });
    this.#deck.redraw("squiggle");
    this.#canvas.style.transform = "";
    this.#drawnView = this.#view;
    this.#drawnAt = performance.now();
  }

  /**
   * How long the graphics card, or the software in its place, needs for this set: asked of the first frames that move
   * after a large set came, because asking waits for the drawing to end.
   */
  #measure(): void {
    const gl = this.#framesToMeasure > 0 ? this.#canvas.getContext("webgl2") : null;
    if (!gl || !this.#ready) return;
    const start = performance.now();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    this.#frameCostMs = Math.max(this.#frameCostMs, performance.now() - start);
    this.#framesToMeasure -= 1;
  }

  #shift(view: View): void {
    const drawn = this.#drawnView!;
    const factor = view.scale / drawn.scale;
    const dx = (drawn.originX - view.originX) * view.scale;
    const dy = (drawn.originY - view.originY) * view.scale;
    this.#canvas.style.transform = `translate(${dx}px, ${dy}px) scale(${factor})`;
  }

  #layers() {
    const { fillPoints, fillIndices, fillColours } = this.#mesh;
    const vertices = fillPoints.length / 2;
    return [
      new SolidPolygonLayer({
        id: "fills",
        data: {
          // deck.gl is given all triangles as one row: it need not walk over the objects.
          length: vertices > 0 ? 1 : 0,
          startIndices: new Uint32Array([0, vertices]),
          attributes: {
            getPolygon: { value: fillPoints, size: 2 },
            getFillColor: { value: fillColours, size: 4 },
            indices: { value: fillIndices, size: 1 },
          },
        } as never,
        _normalize: false,
        extruded: false,
        positionFormat: "XY",
        // deck.gl raises the opacity to 1/2.2; this takes it back.
        opacity: this.#fillOpacity ** 2.2,
        visible: this.#fillOpacity > 0,
        parameters: { depthCompare: "always", depthWriteEnabled: false },
      }),
      new OutlineLayer({
        id: "outlines",
        data: { length: vertices > 0 ? 1 : 0, mesh: this.#mesh },
        parameters: { depthCompare: "always", depthWriteEnabled: false },
      }),
    ];
  }
}
