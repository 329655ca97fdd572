/** A person's own settings, kept in this browser: each is a signal that writes itself to local storage. */
import { recall, remember } from "./remembered";
import { Signal } from "./signal";

const PREFIX = "squiggle.setting.";

function kept<T>(name: string, initial: T): Signal<T> {
  const signal = new Signal<T>(recall("localStorage", PREFIX + name, initial));
  signal.subscribe((value) => remember("localStorage", PREFIX + name, value));
  return signal;
}

/** Fill opacities that the key O goes through. */
export const FILL_OPACITIES = [0, 0.15, 0.3, 0.6] as const;

export function loadSettings() {
  return {
    theme: kept<"dark" | "light">("theme", "dark"),
    acceptAsIGo: kept("accept-as-i-go", true),
    fillOpacity: kept<number>("fill-opacity", 0.15),
    panelOpen: kept("panel-open", true),
    /** Accepted objects so far, for the hints of the first five minutes. */
    acceptedSoFar: kept("accepted-so-far", 0),
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
