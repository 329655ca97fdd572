/** An object as it stands now: it may be answered, corrected or taken away while a component shows it. */
import { useCallback, useSyncExternalStore } from "react";
import type { ObjectStore } from "../store/objects";
import type { SlideObject } from "../store/slide-object";

export function useObject(store: ObjectStore, id: string | null): SlideObject | undefined {
  const subscribe = useCallback((observer: () => void) => store.subscribe(observer), [store]);
  return useSyncExternalStore(subscribe, () => (id === null ? undefined : store.get(id)));
}
