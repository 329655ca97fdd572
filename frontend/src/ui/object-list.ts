/** The objects of the panel's list: filtered anew at most a few times a second, whatever happens on the slide. */
import { useEffect, useState } from "react";
import type { ObjectStore } from "../store/objects";
import type { SlideObject } from "../store/slide-object";

export type ObjectFilter = "open" | "accepted" | "trash";

const PAUSE_MS = 200;

const STATES: Record<ObjectFilter, readonly string[]> = {
  open: ["asked", "failed", "proposed"],
  accepted: ["accepted"],
  trash: ["rejected", "deleted"],
};

/** The newest first. */
function list(store: ObjectStore, filter: ObjectFilter): SlideObject[] {
  return [...store.values()].filter((object) => STATES[filter].includes(object.state)).reverse();
}

export function useObjectList(store: ObjectStore, filter: ObjectFilter): SlideObject[] {
  const [objects, setObjects] = useState<SlideObject[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer = undefined;
      setObjects(list(store, filter));
    };
    refresh();
    const stop = store.subscribe(() => {
      timer ??= setTimeout(refresh, PAUSE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [store, filter]);
  return objects;
}
