/** The modules' order: who may import whom. A feature that needs an arrow the other way belongs somewhere else. */
import { describe, expect, it } from "vitest";

const sources = import.meta.glob<string>("../src/**/*.{ts,tsx}", { query: "?raw", import: "default", eager: true });

/** Module → the modules (or packages) it must not import. */
const FORBIDDEN: Record<string, RegExp> = {
  store: /from "(\.\.\/(?!generated\/)|react|@mantine)/,
  viewer: /from "(\.\.\/(?!store\/)|react|@mantine)/,
  overlay: /from "(\.\.\/(tools|live|ui|api)\/|\.\.\/workspace|react|@mantine|openseadragon)/,
  tools: /from "(\.\.\/(overlay|live|ui|api|viewer)\/|\.\.\/workspace|react|@mantine|openseadragon)/,
  live: /from "(\.\.\/(overlay|tools|ui|api|viewer)\/|\.\.\/workspace|react|@mantine|openseadragon)/,
  api: /from "(\.\.\/(overlay|tools|ui|live|viewer)\/|\.\.\/workspace|react|@mantine|openseadragon)/,
  ui: /from "(\.\.\/(overlay|tools|live)\/|openseadragon|@deck\.gl)/,
};

const filesOf = (module: string) => Object.entries(sources).filter(([path]) => path.startsWith(`../src/${module}/`));

describe.each(Object.entries(FORBIDDEN))("%s", (module, forbidden) => {
  it("imports only what lies below it", () => {
    const files = filesOf(module);
    expect(files.length).toBeGreaterThan(0);
    const offenders = files.filter(([, source]) => forbidden.test(source)).map(([path]) => path);
    expect(offenders).toEqual([]);
  });
});

describe("OpenSeadragon", () => {
  it("is known to the viewer alone", () => {
    const users = Object.entries(sources).filter(([, source]) => source.includes('from "openseadragon"'));
    expect(users.map(([path]) => path)).toEqual(["../src/viewer/slide-viewer.ts"]);
  });
});
