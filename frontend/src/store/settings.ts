/** A person's own settings, kept in this browser. */
import { Hints } from "./hints";
import { kept } from "./kept";
import { recall, remember } from "./remembered";
import { Signal } from "./signal";

/** Fill opacities that the key O goes through. */
export const FILL_OPACITIES = [0, 0.15, 0.3, 0.6] as const;

/** As in workspace.module.css. */
const NARROW = "(max-width: 900px)";

export function loadSettings() {
  return {
    theme: kept<"dark" | "light">("theme", "dark"),
    acceptAsIGo: kept("accept-as-i-go", true),
    fillOpacity: kept<number>("fill-opacity", 0.15),
    // Where the panel would lie over the slide it is closed at first, whatever was chosen on a wider screen.
    panelOpen: window.matchMedia(NARROW).matches ? new Signal<boolean>(false) : kept("panel-open", true),
    hints: new Hints(),
  };
}

export type Settings = ReturnType<typeof loadSettings>;

/** Where a person looked last on a slide, in this tab: a reload opens there again. */
export interface Place {
  x: number;
  y: number;
  width_px: number;
}

const placeKey = (slideId: number) => `squiggle.place.${slideId}`;

export function lastPlace(slideId: number): Place | null {
  return recall<Place | null>("sessionStorage", placeKey(slideId), null);
}

export function keepPlace(slideId: number, place: Place): void {
  remember("sessionStorage", placeKey(slideId), place);
}
