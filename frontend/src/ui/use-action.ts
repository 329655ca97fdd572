/** Something that a person starts with a button: whether it is under way, and in words why it was refused. */
import { useState } from "react";
import { asApiError } from "./use-loaded";

export type Action = {
  busy: boolean;
  /** Empty unless the last try failed. */
  error: string;
  /** Whether it was done. */
  act: (work: () => Promise<unknown>) => Promise<boolean>;
};

export function useAction(): Action {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const act = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError("");
    try {
      await work();
      return true;
    } catch (reason) {
      setError(asApiError(reason).message);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, act };
}
