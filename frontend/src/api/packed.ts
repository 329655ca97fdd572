/**
 * Reads the packed snapshot of a box: a JSON header, then integer arrays that become the objects' geometry without
 * being copied or parsed number by number.
 */
import type { ObjectView } from "../store/messages";
import type { Snapshot } from "../store/objects";
import { makeShape, type Box } from "../store/shape";
import { objectFromView, type SlideObject } from "../store/slide-object";

interface Header {
  seq: number;
  total: number;
  shown: number;
  settled: {
    ids: string[];
    versions: number[];
    turns: number[];
    label_ids: number[];
    model_ids: (number | null)[];
    authors: string[];
    scores: (number | null)[];
    /** Seconds since 1970. */
    changed: number[];
  };
  live: ObjectView[];
  counts: Record<string, number>;
}

/** Decode `bytes` that the server packed for `box`; throws when the arrays do not fit the header. */
export function decodeSnapshot(bytes: ArrayBuffer, box: Box): Snapshot {
  const headerBytes = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, headerBytes))) as Header;
  const settled = decodeSettled(new Uint32Array(bytes, 4 + headerBytes), header);
  return {
    seq: header.seq,
    box,
    total: header.total,
    shown: header.shown,
    objects: [...settled, ...header.live.map(objectFromView)],
    acceptedByLabel: new Map(Object.entries(header.counts).map(([id, count]) => [Number(id), count])),
  };
}

const sum = (values: Uint32Array) => values.reduce((total, value) => total + value, 0);

/** `words`: polygon counts, ring counts, ring sizes, then x, y pairs (signed). */
function decodeSettled(words: Uint32Array, header: Header): SlideObject[] {
  const { ids } = header.settled;
  const polygonCounts = words.subarray(0, ids.length);
  const ringsAt = ids.length + sum(polygonCounts);
  const ringCounts = words.subarray(ids.length, ringsAt);
  const sizesAt = ringsAt + sum(ringCounts);
  const ringSizes = words.subarray(ringsAt, sizesAt);
  if (words.length !== sizesAt + 2 * sum(ringSizes)) throw new Error("The packed objects are cut off or malformed.");
  const coords = new Int32Array(words.buffer, words.byteOffset + 4 * sizesAt);

  let polygon = 0;
  let ring = 0;
  let coord = 0;
  return ids.map((id, i) => {
    const counts = ringCounts.subarray(polygon, (polygon += polygonCounts[i]!));
    const sizes = ringSizes.subarray(ring, (ring += sum(counts)));
    const points = coords.subarray(coord, (coord += 2 * sum(sizes)));
    return settledObject(header, id, i, makeShape(points, sizes, counts));
  });
}

function settledObject({ settled }: Header, id: string, i: number, shape: SlideObject["shape"]): SlideObject {
  return {
    id,
    version: settled.versions[i]!,
    turn: settled.turns[i]!,
    state: "accepted",
    labelId: settled.label_ids[i]!,
    shape,
    prompts: [],
    start: "nothing",
    covers: [],
    correcting: false,
    acceptedShape: null,
    score: settled.scores[i] ?? null,
    modelId: settled.model_ids[i] ?? null,
    author: settled.authors[i]!,
    accepting: false,
    failure: null,
    changedAt: 1000 * settled.changed[i]!,
  };
}
