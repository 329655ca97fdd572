/** The keys that are held at a press of the pointer. */
import { describe, expect, it } from "vitest";
import { keysOf } from "../../src/viewer/stroke-input";

const held = (...names: string[]): PointerEvent =>
  ({
    shiftKey: names.includes("Shift"),
    altKey: names.includes("Alt"),
    ctrlKey: names.includes("Control"),
    metaKey: names.includes("Meta"),
    getModifierState: (name: string) => names.includes(name),
  }) as unknown as PointerEvent;

describe("the keys at a press", () => {
  it("take AltGr for an Alt, though Windows tells it as Ctrl and Alt", () => {
    expect(keysOf(held("Control", "Alt", "AltGraph"))).toMatchObject({ shift: false, alt: true, ctrl: false });
    expect(keysOf(held("AltGraph"))).toMatchObject({ shift: false, alt: true, ctrl: false });
    expect(keysOf(held("Control", "Alt"))).toMatchObject({ shift: false, alt: true, ctrl: true });
    expect(keysOf(held("Meta", "Shift"))).toMatchObject({ shift: true, alt: false, ctrl: true });
  });
});
