/** Small conveniences that this browser remembers. Where it does not (full, forbidden, spoilt), the page does without. */

type Where = "localStorage" | "sessionStorage";

export function recall<T>(where: Where, name: string, otherwise: T): T {
  try {
    const stored = globalThis[where].getItem(name);
    return stored === null ? otherwise : (JSON.parse(stored) as T);
  } catch {
    return otherwise;
  }
}

export function remember(where: Where, name: string, value: unknown): void {
  try {
    globalThis[where].setItem(name, JSON.stringify(value));
  } catch {
    // It holds until the page is closed.
  }
}
