/** The slide's websocket: connects, reconnects with growing pauses, and hands each message on as a typed event. */
import type { AnyCommand, AnyEvent } from "../store/messages";
import { Signal } from "../store/signal";

export type Connection = "connecting" | "open" | "closed" | "forbidden" | "signed_out";

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;
/** The server's heartbeat comes each 10 s: a line silent for longer is dead even if the browser has not noticed. */
const SILENCE_MS = 25_000;
/** A right that was taken away may be given again. */
const FORBIDDEN_PAUSE_MS = 15_000;
/** A command is acknowledged within milliseconds: a line that says nothing at all for this long after one is dead. */
const ANSWER_MS = 5_000;
const CLOSE_REASONS: Record<number, Connection> = { 4401: "signed_out", 4403: "forbidden" };

export class SlideSocket {
  readonly connection = new Signal<Connection>("connecting");
  readonly #url: string;
  readonly #onEvent: (event: AnyEvent) => void;
  #socket: WebSocket | null = null;
  #pauseMs = FIRST_PAUSE_MS;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #awaitsAnswer = false;

  constructor(url: string, onEvent: (event: AnyEvent) => void) {
    this.#url = url;
    this.#onEvent = onEvent;
    window.addEventListener("online", this.#seenAgain);
    window.addEventListener("offline", this.#giveUp);
    document.addEventListener("visibilitychange", this.#seenAgain);
  }

  connect(): void {
    clearTimeout(this.#retry);
    if (this.#stopped || this.#socket) return;
    this.connection.set("connecting");
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#watchSilence(SILENCE_MS);
    socket.onopen = () => {
      this.#watchSilence(SILENCE_MS);
      this.connection.set("open");
    };
    socket.onmessage = (message) => {
      this.#pauseMs = FIRST_PAUSE_MS; // only now: who may not come in is let in first, to be told why not
      this.#watchSilence(SILENCE_MS);
      this.#onEvent(JSON.parse(message.data as string) as AnyEvent);
    };
    socket.onclose = (close) => this.#closed(socket, close.code);
  }

  /** Signed in again, or seen again: do not wait for the next try. */
  connectNow = (): void => {
    if (this.connection.get() !== "open") this.connect();
  };

  /** False when there is no open line: the outbox keeps the command then. */
  send(command: AnyCommand): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(command));
    // catch_up brings nothing when nothing is missing; every other command is answered.
    if (command.kind !== "catch_up" && !this.#awaitsAnswer) {
      this.#watchSilence(ANSWER_MS);
      this.#awaitsAnswer = true;
    }
    return true;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    window.removeEventListener("online", this.#seenAgain);
    window.removeEventListener("offline", this.#giveUp);
    document.removeEventListener("visibilitychange", this.#seenAgain);
    this.#socket?.close();
  }

  #seenAgain = (): void => {
    if (this.connection.get() !== "signed_out") this.connectNow();
  };

  /** The line is dead, whatever the browser still believes: close it and try again. */
  #giveUp = (): void => {
    const socket = this.#socket;
    if (!socket) return;
    this.#closed(socket, 0);
    socket.close();
  };

  #watchSilence(patienceMs: number): void {
    clearTimeout(this.#silence);
    this.#awaitsAnswer = false;
    this.#silence = setTimeout(this.#giveUp, patienceMs);
  }

  #closed(socket: WebSocket, code: number): void {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearTimeout(this.#silence);
    const reason = CLOSE_REASONS[code];
    this.connection.set(reason ?? "closed");
    if (reason === "signed_out" || this.#stopped) return;
    const pauseMs = reason === "forbidden" ? FORBIDDEN_PAUSE_MS : this.#pauseMs;
    this.#retry = setTimeout(() => this.connect(), pauseMs * (0.75 + Math.random() / 2));
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }
}
