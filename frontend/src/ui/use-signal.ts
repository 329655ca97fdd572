/** A component that reads a signal draws again when it changes, and only then. */
import { useSyncExternalStore } from "react";
import type { Signal } from "../store/signal";

export function useSignal<T>(signal: Signal<T>): T {
  return useSyncExternalStore(signal.subscribe, signal.get);
}
