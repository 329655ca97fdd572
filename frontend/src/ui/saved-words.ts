/** The one sentence at the end of the status bar: whether all is saved, and if not, why and what that means. */
import type { Standing } from "../store/standing";
import { number } from "./words";

export interface LineState {
  /** Of the socket. */
  readonly connection: string;
  readonly saved: "saved" | "saving" | "offline";
  readonly standing: Standing;
  readonly unsent: number;
  /** What a reload would lose. */
  readonly unkept: { readonly count: number; readonly reason: string } | null;
  /** Unsent work of earlier visits is known. */
  readonly isRead: boolean;
  /** Why clicks are not answered just now. */
  readonly reason: string | null;
}

export interface SavedWords {
  readonly tone: "saved" | "saving" | "offline";
  readonly words: string;
  /** Said after the words, with less weight. */
  readonly more: string | null;
}

export function savedInWords(state: LineState): SavedWords {
  const { tone, words } = howItStands(state);
  return { tone, words, more: whyNot(state) };
}

function howItStands({ connection, saved, standing, unsent, isRead }: LineState): Omit<SavedWords, "more"> {
  const waiting = unsent > 0 ? `, ${number(unsent)} unsent` : "";
  if (standing.kind === "signed_out") return { tone: "offline", words: `Signed out${waiting}` };
  if (standing.kind === "other_person") return { tone: "offline", words: `Signed in as ${standing.username}${waiting}` };
  if (connection === "forbidden") return { tone: "offline", words: `You no longer have a right to this slide${waiting}` };
  if (saved === "offline") return { tone: "offline", words: unsent > 0 || !isRead ? `Offline${waiting}` : "Offline, all saved" };
  if (unsent > 0) return { tone: "saving", words: `Saving ${number(unsent)}` };
  return isRead ? { tone: "saved", words: "Saved" } : { tone: "saving", words: "Reading what was unsent" };
}

/** The worst first, and no more than one. */
function whyNot({ connection, saved, standing, unsent, unkept, reason }: LineState): string | null {
  if (unkept) {
    const what = unkept.count < unsent ? `${number(unkept.count)} of them` : unkept.count === 1 ? "it" : "them";
    return `A reload loses ${what}: ${unkept.reason}`;
  }
  const isOnLine = saved !== "offline" && standing.kind === "signed_in" && connection !== "forbidden";
  return isOnLine ? reason : null;
}
