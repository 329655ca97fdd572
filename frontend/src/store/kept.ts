/** A signal that writes itself to this browser's local storage, and begins with what it wrote. */
import { Signal } from "./signal";

const PREFIX = "squiggle.setting.";

export function kept<T>(name: string, initial: T): Signal<T> {
  const stored = localStorage.getItem(PREFIX + name);
  const signal = new Signal<T>(stored === null ? initial : (JSON.parse(stored) as T));
  signal.subscribe((value) => localStorage.setItem(PREFIX + name, JSON.stringify(value)));
  return signal;
}
