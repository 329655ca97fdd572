/** A signal that writes itself to this browser's local storage, and begins with what it wrote. */
import { recall, remember } from "./remembered";
import { Signal } from "./signal";

const PREFIX = "squiggle.setting.";

export function kept<T>(name: string, initial: T): Signal<T> {
  const signal = new Signal<T>(recall("localStorage", PREFIX + name, initial));
  signal.subscribe((value) => remember("localStorage", PREFIX + name, value));
  return signal;
}
