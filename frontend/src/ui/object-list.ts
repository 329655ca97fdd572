/** The objects of the panel's list: listed anew at most a few times a second, whatever happens on the slide. */
import { useEffect, useState } from "react";
import type { ObjectStore } from "../store/objects";
import type { SlideObject } from "../store/slide-object";
import { countOfFilter, listObjects, type Names, type ObjectQuery } from "./object-query";

const PAUSE_MS = 200;

export interface ObjectList {
  readonly objects: SlideObject[];
  /** In these states, whatever the other filters say. */
  readonly total: number;
}

export function useObjectList(store: ObjectStore, query: ObjectQuery, names: Names): ObjectList {
  const [list, setList] = useState<ObjectList>({ objects: [], total: 0 });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      timer = undefined;
      setList({ objects: listObjects(store.values(), query, names), total: countOfFilter(store.values(), query.filter) });
    };
    refresh();
    const stop = store.subscribe(() => {
      timer ??= setTimeout(refresh, PAUSE_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [store, query, names]);
  return list;
}
