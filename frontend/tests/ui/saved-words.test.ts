/** The status bar's sentence: "Saved" only when it is true, one reason at most, and none that contradicts it. */
import { describe, expect, it } from "vitest";
import { SIGNED_IN, SIGNED_OUT } from "../../src/store/standing";
import { savedInWords, type LineState } from "../../src/ui/saved-words";

const QUIET: LineState = {
  connection: "open",
  saved: "saved",
  standing: SIGNED_IN,
  unsent: 0,
  unkept: null,
  isRead: true,
  reason: null,
};
const FULL = "this browser's storage is full";

function says(state: Partial<LineState>): string {
  const { words, more } = savedInWords({ ...QUIET, ...state });
  return more === null ? words : `${words} | ${more}`;
}

describe("the status bar", () => {
  it("says Saved when nothing is unsent, and that this is known", () => {
    expect(says({})).toBe("Saved");
    expect(says({ saved: "saving", unsent: 3 })).toBe("Saving 3");
    expect(says({ saved: "saving", isRead: false })).toBe("Reading what was unsent");
    expect(says({ saved: "offline" })).toBe("Offline, all saved");
    expect(says({ saved: "offline", isRead: false })).toBe("Offline");
    expect(says({ saved: "offline", unsent: 2 })).toBe("Offline, 2 unsent");
  });

  it("says what a reload would lose, before anything else", () => {
    const unkept = { count: 2, reason: FULL };
    expect(says({ saved: "offline", unsent: 5, unkept })).toBe(`Offline, 5 unsent | A reload loses 2 of them: ${FULL}`);
    expect(says({ saved: "saving", unsent: 2, unkept, reason: "No worker." })).toBe(`Saving 2 | A reload loses them: ${FULL}`);
    expect(says({ saved: "saving", unsent: 1, unkept: { count: 1, reason: FULL } })).toContain("loses it:");
  });

  it("says why answers do not come, but not while nobody could tell", () => {
    const reason = "No model worker is running.";
    expect(says({ reason })).toBe(`Saved | ${reason}`);
    expect(says({ saved: "offline", unsent: 1, reason })).toBe("Offline, 1 unsent");
    expect(says({ standing: SIGNED_OUT, saved: "offline", reason })).toBe("Signed out");
  });

  it("says who is signed in rather than that the line is down", () => {
    expect(says({ standing: SIGNED_OUT, saved: "offline", unsent: 2 })).toBe("Signed out, 2 unsent");
    expect(says({ standing: { kind: "other_person", username: "bob" }, saved: "offline" })).toBe("Signed in as bob");
    expect(says({ connection: "forbidden", saved: "offline" })).toBe("You no longer have a right to this slide");
  });
});
