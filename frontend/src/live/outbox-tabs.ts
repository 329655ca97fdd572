/** The tabs of one account on one slide share their unsent commands: each tells the others what came and what left. */
import type { Entry } from "./entry";

export type News =
  | { readonly kind: "put"; readonly entry: Entry }
  | { readonly kind: "gone"; readonly key: string }
  /** A new tab: tell me what you have, for it need not lie in the storage. */
  | { readonly kind: "hello" };

export interface OutboxTabs {
  tell(news: News): void;
  /** What the other tabs tell. */
  listen(observer: (news: News) => void): void;
}

export class BroadcastTabs implements OutboxTabs {
  readonly #channel: BroadcastChannel;

  constructor(username: string, slideId: number) {
    this.#channel = new BroadcastChannel(`squiggle.unsent.${username}.${slideId}`);
  }

  tell(news: News): void {
    this.#channel.postMessage(news);
  }

  listen(observer: (news: News) => void): void {
    this.#channel.onmessage = (message) => observer(message.data as News);
  }

  stop(): void {
    this.#channel.close();
  }
}
