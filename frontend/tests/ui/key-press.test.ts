/** Keys on the keyboards of the world: what is printed where it is Latin, the place where it is not, signs as typed. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Label } from "../../src/store/labels";
import { meaningOf, type Press } from "../../src/ui/key-press";
import { find, isTaken, listenToKeys } from "../../src/ui/keys";
import type { Workspace } from "../../src/workspace";

type Held = Partial<Record<"shift" | "ctrl" | "alt" | "meta" | "altGr" | "composing", boolean>>;

function press(key: string, code: string, held: Held = {}): Press {
  return {
    key,
    code,
    shiftKey: held.shift ?? false,
    ctrlKey: held.ctrl ?? held.altGr ?? false,
    altKey: held.alt ?? held.altGr ?? false,
    metaKey: held.meta ?? false,
    isComposing: held.composing ?? false,
    getModifierState: (name) => name === "AltGraph" && (held.altGr ?? false),
  };
}

const label = (id: number, key: string | null) => ({ id, key }) as Label;
const LABELS = [label(1, "1"), label(2, "2"), label(6, "6"), label(20, "é"), label(21, "q"), label(22, "@"), label(23, null)];

/** The key as the help shows it, or "label n". */
function does(key: string, code: string, held: Held = {}, labels = LABELS): string | null {
  const meaning = meaningOf(press(key, code, held));
  const found = meaning && find(meaning, labels);
  return found ? (found.label ? `label ${found.label.id}` : found.key.words || found.key.matches[0]!) : null;
}

const SQUIGGLE = "Squiggle tool: a line drawn inside asks for an outline";
const PREVIOUS = "Previous proposal";

describe("letters", () => {
  it("are what is typed on every Latin keyboard", () => {
    expect(does("s", "KeyS")).toBe(SQUIGGLE);
    expect(does("S", "KeyS")).toBe(SQUIGGLE); // Caps Lock
    expect(does("a", "KeyQ")).toBe(does("a", "KeyA")); // AZERTY
    expect(does("o", "KeyS")).toBe("Change the fill's opacity"); // Dvorak
    expect(does("z", "KeyY")).toBe(null); // QWERTZ: Z is where Z is printed
    expect(does("q", "KeyA", {}, [])).toBe(null); // AZERTY: not what the place is called
  });

  it("are their place where another alphabet is typed", () => {
    expect(does("ы", "KeyS")).toBe(SQUIGGLE);
    expect(does("σ", "KeyS")).toBe(SQUIGGLE);
    expect(does("ש", "KeyA")).toBe(does("a", "KeyA"));
    expect(does("لا", "KeyB", {}, [label(9, "b")])).toBe("label 9"); // one key, two characters
    expect(does("Т", "KeyN", { shift: true })).toBe(PREVIOUS);
    expect(does("Process", "KeyS")).toBe(SQUIGGLE); // an input method takes it, and nothing is being typed
    expect(does("ъ", "BracketRight")).toBe("Fold the right panel");
  });

  it("are not the place of a sign", () => {
    expect(does(",", "KeyM", {}, [label(9, "m")])).toBe(null); // AZERTY
  });
});

describe("digits", () => {
  it("are what is typed, with Shift or without", () => {
    expect(does("1", "Digit1")).toBe("label 1");
    expect(does("1", "Numpad1")).toBe("label 1");
    expect(does("1", "Digit1", { shift: true })).toBe("label 1"); // AZERTY
  });

  it("are their place where the key types something else without Shift", () => {
    expect(does("&", "Digit1")).toBe("label 1"); // AZERTY
    expect(does("+", "Digit1")).toBe("label 1"); // Czech
    expect(does("ě", "Digit2")).toBe("label 2"); // Czech
    expect(does("١", "Digit1")).toBe("label 1");
  });

  it("give way to the sign where no label has the digit", () => {
    expect(does("-", "Digit6")).toBe("label 6");
    expect(does("-", "Digit6", {}, [])).toBe("Zoom out");
    expect(does("!", "Digit1", { shift: true })).toBe(null);
    expect(does("End", "Numpad1")).toBe(null);
  });
});

describe("labels", () => {
  it("have any one character, and what is typed comes before the place", () => {
    expect(does("é", "Digit2")).toBe("label 20");
    expect(does("q", "KeyA")).toBe("label 21");
    expect(does("й", "KeyQ")).toBe("label 21");
    expect(does("Q", "KeyQ", { shift: true })).toBe(null);
  });

  it("do not take the workspace's own keys", () => {
    expect(does("s", "KeyS", {}, [label(9, "s")])).toBe(SQUIGGLE);
    expect(["s", "S", "?", "+", " "].map(isTaken)).toEqual([true, true, true, true, true]);
    expect(["q", "é", "7", "@"].map(isTaken)).toEqual([false, false, false, false]);
  });
});

describe("signs", () => {
  it("are what is typed, however it is typed", () => {
    expect(does("?", "Minus", { shift: true })).toBe("These keys; hints come back"); // QWERTZ
    expect(does("?", "KeyM", { shift: true })).toBe("These keys; hints come back"); // AZERTY
    expect(does("?", "Digit7", { shift: true })).toBe("These keys; hints come back"); // Russian
    expect(does("+", "BracketRight")).toBe("Zoom in"); // QWERTZ
    expect(does("+", "Equal", { shift: true })).toBe("Zoom in");
    expect(does("]", "Digit9", { altGr: true })).toBe("Fold the right panel"); // QWERTZ
    expect(does("@", "KeyQ", { altGr: true })).toBe("label 22"); // QWERTZ
  });
});

describe("other people's keys", () => {
  it("are left alone", () => {
    expect(does("s", "KeyS", { ctrl: true })).toBe(null);
    expect(does("s", "KeyS", { meta: true })).toBe(null);
    expect(does("s", "KeyS", { alt: true })).toBe(null);
    expect(does("s", "KeyS", { ctrl: true, alt: true })).toBe(null);
    expect(does("ś", "KeyS", { altGr: true })).toBe(null); // Polish: a letter of its own
    expect(does("s", "KeyS", { altGr: true })).toBe(null);
    expect(does("ы", "KeyS", { ctrl: true })).toBe(null);
    expect(does("s", "KeyS", { composing: true })).toBe(null);
  });
});

describe("a key that acts while held", () => {
  let page: EventTarget;
  const heard: boolean[] = [];
  const workspace = {
    helpOpen: { get: () => false },
    labels: { all: [] },
    tools: { shiftReleased: () => undefined },
    setAnnotationsVisible: (visible: boolean) => heard.push(visible),
  } as unknown as Workspace;
  const tell = (kind: string, event: Press) => page.dispatchEvent(Object.assign(new Event(kind, { cancelable: true }), event));

  beforeEach(() => {
    page = new EventTarget();
    heard.length = 0;
    vi.stubGlobal("window", page);
    vi.stubGlobal("document", { querySelector: () => null });
    vi.stubGlobal("HTMLElement", class {});
  });
  afterEach(() => vi.unstubAllGlobals());

  it("is let go by its place, whatever the place types by then", () => {
    const stop = listenToKeys(workspace);
    tell("keydown", press("р", "KeyH"));
    tell("keyup", press("h", "KeyH"));
    tell("keyup", press("h", "KeyH"));
    expect(heard).toEqual([false, true]);
    stop();
  });

  it("is let go when the page loses the keyboard", () => {
    const stop = listenToKeys(workspace);
    tell("keydown", press("h", "KeyH"));
    page.dispatchEvent(new Event("blur"));
    page.dispatchEvent(new Event("blur"));
    expect(heard).toEqual([false, true]);
    stop();
  });
});
