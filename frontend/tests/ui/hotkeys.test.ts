/** Labels may not take the workspace's own keys: the server's list of them must not fall behind ours. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KEYS } from "../../src/ui/keys";

const server = readFileSync(new URL("../../../annotator/projects/hotkeys.py", import.meta.url), "utf8");

test("the server knows each key of the workspace that could be a label's hotkey", () => {
  const own = KEYS.flatMap(({ matches }) => matches.map((match) => match.replace(/^shift\+(?=.)/, "")));
  const single = [...new Set(own)].filter((key) => key.length === 1 && key !== " ");
  expect(single.length).toBeGreaterThan(10);
  expect(single.filter((key) => !server.includes(`    ${JSON.stringify(key)}: "`))).toEqual([]);
});
