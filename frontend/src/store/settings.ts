/** A person's own settings, kept in this browser: each is a signal that writes itself to local storage. */
import { Signal } from "./signal";

const PREFIX = "squiggle.setting.";

function kept<T>(name: string, initial: T): Signal<T> {
  const stored = localStorage.getItem(PREFIX + name);
  const signal = new Signal<T>(stored === null ? initial : (JSON.parse(stored) as T));
  signal.subscribe((value) => localStorage.setItem(PREFIX + name, JSON.stringify(value)));
  return signal;
}

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
    panelOpen: window.matchMedia(NARROW).matches ? new Signal(false) : kept("panel-open", true),
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
  const stored = sessionStorage.getItem(placeKey(slideId));
  return stored === null ? null : (JSON.parse(stored) as Place);
}

export function keepPlace(slideId: number, place: Place): void {
  sessionStorage.setItem(placeKey(slideId), JSON.stringify(place));
}
