/**
 * The sign-in of this page's person. It can end in any tab, or on the server, and come back in any: the page then waits,
 * and goes on where it was. Whose page it is never changes: what one person did is never sent as another.
 */
import { getUser, joinSession, onSignInChanged, type User } from "./api/rest";
import { Signal } from "./store/signal";
import { SIGNED_IN, SIGNED_OUT, type Standing } from "./store/standing";

/** A sign-in that no tab of ours tells (in /admin, say) is noticed after this long. */
const LOOK_AGAIN_MS = 5_000;

export class Session {
  readonly user: User;
  readonly standing = new Signal<Standing>(SIGNED_IN);
  #checking: Promise<Standing> | null = null;
  #isAskedAgain = false;
  #looking: ReturnType<typeof setInterval> | undefined;

  constructor(user: User) {
    this.user = user;
    joinSession({ userId: user.id, whenBack: () => this.whenBack() });
    onSignInChanged((userId) => {
      if (userId !== user.id || this.standing.get() !== SIGNED_IN) void this.check();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.standing.get() !== SIGNED_IN) void this.check();
    });
  }

  /** Ask the server who is signed in. A server that does not answer says nothing about that. */
  check(): Promise<Standing> {
    if (this.#checking) this.#isAskedAgain = true; // what is under way may have been asked before the change
    this.#checking ??= this.#check().finally(() => (this.#checking = null));
    return this.#checking;
  }

  /** Resolves once this page's person is signed in: at once, or when they come back. */
  async whenBack(): Promise<void> {
    if ((await this.check()) === SIGNED_IN) return;
    await new Promise<void>((resolve) => {
      const stop = this.standing.subscribe((standing) => {
        if (standing !== SIGNED_IN) return;
        stop();
        resolve();
      });
    });
  }

  async #check(): Promise<Standing> {
    do {
      this.#isAskedAgain = false;
      try {
        this.#set(this.#standingOf(await getUser()));
      } catch {
        // Unreachable, or failing: as before.
      }
    } while (this.#isAskedAgain);
    return this.standing.get();
  }

  #standingOf(now: User | null): Standing {
    if (now === null) return SIGNED_OUT;
    return now.id === this.user.id ? SIGNED_IN : { kind: "other_person", username: now.username };
  }

  #set(standing: Standing): void {
    const before = this.standing.get();
    const isSame = before.kind === "other_person" && standing.kind === "other_person" && before.username === standing.username;
    if (!isSame) this.standing.set(standing);
    if (standing === SIGNED_IN) {
      clearInterval(this.#looking);
      this.#looking = undefined;
    } else {
      this.#looking ??= setInterval(() => void this.check(), LOOK_AGAIN_MS);
    }
  }
}
