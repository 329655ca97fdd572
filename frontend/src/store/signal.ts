/** A value that tells its observers when it changes: the only reactive part, so that the store needs no framework. */

export class Signal<T> {
  #value: T;
  readonly #observers = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get = (): T => this.#value;

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const observer of [...this.#observers]) observer(value);
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#value));
  }

  /** Call `observer` on each change; returns the function that stops it. */
  subscribe = (observer: (value: T) => void): (() => void) => {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  };
}
