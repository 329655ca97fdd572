/** The packed snapshot: written here byte by byte as the contract says, read by the decoder. */
import { describe, expect, it } from "vitest";
import { decodeSnapshot } from "../../src/api/packed";
import { containsPoint } from "../../src/store/shape";
import { square, view } from "../objects";

type Ring = [number, number][];
type Rings = Ring[][]; // polygons of rings

function pack(objects: Rings[], live: unknown[] = []): ArrayBuffer {
  const header = {
    seq: 12,
    total: 5,
    shown: objects.length,
    settled: {
      ids: objects.map((_, i) => `o${i}`),
      versions: objects.map((_, i) => i + 1),
      turns: objects.map(() => 1),
      label_ids: objects.map(() => 3),
      model_ids: objects.map(() => 4),
      authors: objects.map(() => "ann"),
      scores: objects.map(() => 0.5),
      changed: objects.map(() => 1_700_000_000),
    },
    live,
    counts: { "3": 5 },
  };
  let text = JSON.stringify(header);
  while ((4 + new TextEncoder().encode(text).length) % 4 !== 0) text += " ";
  const json = new TextEncoder().encode(text);
  const polygons = objects.flat();
  const rings = polygons.flat();
  const words = [
    ...objects.map((object) => object.length),
    ...polygons.map((polygon) => polygon.length),
    ...rings.map((ring) => ring.length),
    ...rings.flat(2).map((value) => value * 16),
  ];
  const bytes = new ArrayBuffer(4 + json.length + 4 * words.length);
  new DataView(bytes).setUint32(0, json.length, true);
  new Uint8Array(bytes, 4, json.length).set(json);
  words.forEach((word, i) => new DataView(bytes).setInt32(4 + json.length + 4 * i, word, true));
  return bytes;
}

const box = { minX: 0, minY: 0, maxX: 100, maxY: 100 };

describe("decodeSnapshot", () => {
  it("reads several objects, several polygons, and holes", () => {
    const objects = [
      [[square(0, 0, 20), square(5, 5, 5)]],
      [[square(30, 30, 10)], [square(60, 60, 10), square(62, 62, 2), square(66, 66, 2)]],
    ];
    const snapshot = decodeSnapshot(pack(objects), box);
    expect(snapshot).toMatchObject({ seq: 12, total: 5, shown: 2 });
    expect(snapshot.acceptedByLabel.get(3)).toBe(5);
    const [first, second] = snapshot.objects;
    expect(first).toMatchObject({ id: "o0", version: 1, state: "accepted", labelId: 3, modelId: 4, author: "ann" });
    expect(containsPoint(first!.shape!, 2, 2)).toBe(true);
    expect(containsPoint(first!.shape!, 7, 7)).toBe(false);
    expect([...second!.shape!.ringCounts]).toEqual([1, 3]);
    expect(containsPoint(second!.shape!, 61, 61)).toBe(true);
    expect(containsPoint(second!.shape!, 63, 63)).toBe(false);
    expect(second!.shape!.box).toEqual({ minX: 30, minY: 30, maxX: 70, maxY: 70 });
  });

  it("reads negative coordinates and the live objects", () => {
    const snapshot = decodeSnapshot(pack([[[square(-50, -50, 10)]]], [view("é-live")]), box);
    expect(snapshot.objects[0]!.shape!.box.minX).toBe(-50);
    expect(snapshot.objects[1]).toMatchObject({ id: "é-live", state: "proposed" });
  });

  it("reads an empty box", () => {
    expect(decodeSnapshot(pack([]), box).objects).toEqual([]);
  });

  it("refuses bytes that are cut off", () => {
    expect(() => decodeSnapshot(pack([[[square(0, 0, 20)]]]).slice(0, -8), box)).toThrow("cut off");
  });
});
