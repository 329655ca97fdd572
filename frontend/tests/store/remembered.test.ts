/** Settings are conveniences: a browser that keeps nothing, or spoilt it, must not stop the page. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { keepPlace, lastPlace, loadSettings } from "../../src/store/settings";

beforeEach(() => vi.stubGlobal("window", { matchMedia: () => ({ matches: false }) }));
afterEach(() => vi.unstubAllGlobals());

function stub(getItem: () => string | null, setItem: (name: string, text: string) => void): void {
  for (const name of ["localStorage", "sessionStorage"]) vi.stubGlobal(name, { getItem, setItem });
}

describe("a setting", () => {
  it("holds for the page where the storage is full", () => {
    stub(() => null, () => {
      throw new DOMException("full", "QuotaExceededError");
    });
    const settings = loadSettings();
    settings.fillOpacity.set(0.6);
    expect(settings.fillOpacity.get()).toBe(0.6);
    keepPlace(1, { x: 1, y: 2, width_px: 3 });
  });

  it("is as at the beginning where the storage is forbidden or spoilt", () => {
    stub(() => {
      throw new DOMException("forbidden", "SecurityError");
    }, () => undefined);
    expect(loadSettings().panelOpen.get()).toBe(true);
    stub(() => "{spoilt", () => undefined);
    expect(loadSettings().panelOpen.get()).toBe(true);
    expect(lastPlace(1)).toBeNull();
  });

  it("is remembered", () => {
    const texts = new Map<string, string>();
    for (const name of ["localStorage", "sessionStorage"]) {
      vi.stubGlobal(name, { getItem: (key: string) => texts.get(key) ?? null, setItem: (key: string, text: string) => texts.set(key, text) });
    }
    loadSettings().panelOpen.set(false);
    expect(loadSettings().panelOpen.get()).toBe(false);
  });
});
