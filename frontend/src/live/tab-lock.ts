/** One tab of a slide sends for all: it holds a Web Lock; what only its socket hears, it tells the others. */
import type { CommandFailed, Conflict } from "../store/messages";

export type Refusal = CommandFailed | Conflict;

export class TabLock {
  readonly #channel: BroadcastChannel;
  readonly #release = new AbortController();
  #letGo: (() => void) | undefined;

  /** `onHeld` is called once this tab may send: at once, or when the tab that sends is closed. */
  constructor(name: string, onHeld: () => void, onRefusal: (refusal: Refusal) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (message) => onRefusal(message.data as Refusal);
    // Locks exist only on https or loopback; elsewhere each tab sends, and command_id keeps it from being done twice.
    if (!navigator.locks) queueMicrotask(onHeld);
    else void this.#wait(name, onHeld);
  }

  tellOthers(refusal: Refusal): void {
    this.#channel.postMessage(refusal);
  }

  stop(): void {
    this.#release.abort();
    this.#letGo?.();
    this.#channel.close();
  }

  async #wait(name: string, onHeld: () => void): Promise<void> {
    const hold = () =>
      new Promise<void>((letGo) => {
        this.#letGo = letGo;
        onHeld();
      });
    try {
      await navigator.locks.request(name, { signal: this.#release.signal }, hold);
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
    }
  }
}
