/** Something that is fetched when a page opens: not there yet, there, or the reason why not. */
import { useEffect, useState } from "react";
import { ApiError } from "../api/rest";

export type Loaded<T> = { state: "loading" } | { state: "ready"; value: T } | { state: "failed"; error: ApiError };

export function useLoaded<T>(load: () => Promise<T>, key: unknown): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: "loading" });
  useEffect(() => {
    let isCurrent = true;
    setLoaded({ state: "loading" });
    load().then(
      (value) => isCurrent && setLoaded({ state: "ready", value }),
      (error: unknown) => isCurrent && setLoaded({ state: "failed", error: asApiError(error) }),
    );
    return () => {
      isCurrent = false;
    };
    // `load` is a new function at each drawing; `key` says when it means something else.
  }, [key]);
  return loaded;
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, String(error));
}
