/**
 * What a pressed key means on any keyboard: letters and digits by what they type, or by their place where that is no
 * Latin letter or digit; signs by what they type alone.
 */

export type Press = Pick<
  KeyboardEvent,
  "key" | "code" | "shiftKey" | "ctrlKey" | "altKey" | "metaKey" | "isComposing" | "getModifierState"
>;

export interface Meaning {
  /** What the key types, in lower case, or its name; letters and named keys with "shift+" where Shift is held. */
  readonly name: string;
  /** What the same place types on an English keyboard, where that says more than the name. */
  readonly place: string | null;
}

/** On these places other alphabets have letters, and then no key for the sign. */
const SIGN_PLACES: Readonly<Record<string, string>> = { BracketLeft: "[", BracketRight: "]" };
/** What a key says that types nothing by itself: the first half of an accent, or what an input method takes. */
const SILENT = new Set(["Dead", "Process", "Unidentified"]);

const isMac = typeof navigator !== "undefined" && navigator.platform.startsWith("Mac");

/** null where the press belongs to the browser, the system or an input method. */
export function meaningOf(press: Press): Meaning | null {
  if (press.isComposing || press.metaKey) return null;
  if (typesByAltGr(press)) {
    // The third sign of a key; a letter or digit typed so is not the plain key.
    const isThirdSign = isOneCharacter(press.key) && !/^[a-z0-9]$/i.test(press.key);
    return isThirdSign ? { name: press.key.toLowerCase(), place: null } : null;
  }
  if (press.ctrlKey || press.altKey) return null;
  const shift = press.shiftKey ? "shift+" : "";
  if (press.code === "Space") return { name: `${shift} `, place: null };
  const name = press.key.toLowerCase();
  if (/^[0-9]$/.test(name)) return { name, place: null };
  const isSign = isOneCharacter(name) && !/^\p{L}/u.test(name);
  return { name: isSign ? name : shift + name, place: placeOf(press) };
}

/** AltGr reaches us as Ctrl and Alt at once (Windows), or as Option (Mac): whoever types a sign with it means no shortcut. */
export function typesByAltGr(event: Pick<Press, "getModifierState" | "altKey" | "ctrlKey">): boolean {
  return event.getModifierState("AltGraph") || (isMac && event.altKey && !event.ctrlKey);
}

function placeOf({ key, code, shiftKey }: Press): string | null {
  const isSilent = SILENT.has(key);
  const isForeignLetter = /^[^\x00-\x7f]/.test(key) && /^\p{L}/u.test(key);
  if (isSilent || isForeignLetter) {
    const letter = /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase();
    if (letter !== undefined) return shiftKey ? `shift+${letter}` : letter;
    const sign = isForeignLetter ? SIGN_PLACES[code] : undefined;
    if (sign !== undefined) return sign;
  }
  // French and Czech keyboards type the digits with Shift.
  const typesSomething = isSilent || isOneCharacter(key);
  return (typesSomething && !shiftKey && /^(?:Digit|Numpad)([0-9])$/.exec(code)?.[1]) || null;
}

function isOneCharacter(text: string): boolean {
  return [...text].length === 1;
}
