/** Something that is fetched when a page opens, and again while it is changing and the page is visible. */
import { useEffect, useRef, useState } from "react";
import type { ApiError } from "../api/rest";
import { Poller } from "./poller";
import { asApiError, type Loaded } from "./use-loaded";

/** `reload` asks at once. `stale` says why the value that is shown could not be brought up to date. */
export type PolledValue<T> = { loaded: Loaded<T>; reload: () => void; stale: ApiError | null };

export function usePolled<T>(load: () => Promise<T>, isOpen: (value: T) => boolean, key: unknown): PolledValue<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  const [stale, setStale] = useState<ApiError | null>(null);
  const poller = useRef<Poller<T>>(undefined);
  useEffect(() => {
    setLoaded({ state: "loading" });
    const asking = new Poller<T>({
      load,
      isOpen,
      isSeen: () => document.visibilityState === "visible",
      onValue: (value) => {
        setLoaded({ state: "ready", value });
        setStale(null);
      },
      onFailure: (reason) => {
        const error = asApiError(reason);
        setStale(error);
        setLoaded((known) => (known.state === "ready" ? known : { state: "failed", error }));
      },
    });
    poller.current = asking;
    const changed = () => document.visibilityState === "visible" && asking.seenAgain();
    document.addEventListener("visibilitychange", changed);
    void asking.ask();
    return () => {
      asking.stop();
      document.removeEventListener("visibilitychange", changed);
    };
    // `load` and `isOpen` are new functions at each drawing; `key` says when they mean something else.
  }, [key]);
  return { loaded, stale, reload: () => void poller.current?.ask() };
}
