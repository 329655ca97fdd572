/** Screens on which the panel cannot stand beside the slide. The widths are those of workspace.module.css. */
import { useSyncExternalStore } from "react";

/** A phone held upright: the tools lie below the slide, where the thumb is, and the panel is a sheet above them. */
const PHONE = "(max-width: 640px)";

export function useIsPhone(): boolean {
  return useSyncExternalStore(subscribe, () => window.matchMedia(PHONE).matches);
}

function subscribe(observer: () => void): () => void {
  const query = window.matchMedia(PHONE);
  query.addEventListener("change", observer);
  return () => query.removeEventListener("change", observer);
}
