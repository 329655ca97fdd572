/** What follows a sign-in stays on this site, however it is written. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ownAddress } from "../../src/ui/own-address";

beforeEach(() => vi.stubGlobal("location", { origin: "http://here.test:8000" }));
afterEach(() => vi.unstubAllGlobals());

it("takes paths of this site, whole", () => {
  expect(ownAddress("/slides/3?x=1#y")).toBe("/slides/3?x=1#y");
  expect(ownAddress("/")).toBe("/");
});

it.each(["//evil.test/x", "/\\evil.test", "/\t/evil.test", "/\n\\evil.test", "http://evil.test", "javascript:alert(1)", "", "slides"])(
  "takes nothing else: %j",
  (address) => expect(ownAddress(address)).toBeNull(),
);
