/** Hints: each tool's own, gone with practice, back when asked for. */
import { beforeEach, expect, it, vi } from "vitest";
import { Hints } from "../../src/store/hints";

let stored: Map<string, string>;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
  });
});

it("go with practice, for the tool that was practised alone, and stay gone after a reload", () => {
  const hints = new Hints();
  expect(hints.practiceOf("click")).toBe(0);
  hints.practise("click", 3);
  expect(hints.practiceOf("click")).toBe(3);
  hints.practise("click", 2);
  expect([new Hints().practiceOf("click"), new Hints().practiceOf("squiggle")]).toEqual([null, 0]);
});

it("are closed for one tool, and come back for all", () => {
  const hints = new Hints();
  hints.learn("squiggle");
  expect([hints.practiceOf("squiggle"), hints.practiceOf("click")]).toEqual([null, 0]);
  hints.bringBack();
  expect(new Hints().practiceOf("squiggle")).toBe(0);
});

it("stay gone for who had learnt to click before each tool had hints of its own", () => {
  stored.set("squiggle.setting.accepted-so-far", "40");
  expect([new Hints().practiceOf("click"), new Hints().practiceOf("squiggle")]).toEqual([null, 0]);
});
