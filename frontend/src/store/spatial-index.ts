/** Which objects meet a box or hold a point: an R-tree of bounding boxes, then point in polygon. */
import RBush from "rbush";
import { containsPoint, type Box } from "./shape";
import type { SlideObject } from "./slide-object";

interface Item extends Box {
  id: string;
}

/** Above this many new boxes at once, bulk loading is several times faster than single inserts. */
const BULK_SIZE = 64;

export class SpatialIndex {
  readonly #tree = new RBush<Item>();
  readonly #items = new Map<string, Item>();

  /** Take the objects out that are gone or moved and put the new ones in; those without a shape are not indexed. */
  update(removedIds: Iterable<string>, added: readonly SlideObject[]): void {
    for (const id of removedIds) {
      const item = this.#items.get(id);
      if (!item) continue;
      this.#tree.remove(item);
      this.#items.delete(id);
    }
    const items = added.flatMap((object) => (object.shape ? [{ id: object.id, ...object.shape.box }] : []));
    for (const item of items) this.#items.set(item.id, item);
    if (items.length > BULK_SIZE) this.#tree.load(items);
    else for (const item of items) this.#tree.insert(item);
  }

  idsInBox(box: Box): string[] {
    return this.#tree.search(box).map((item) => item.id);
  }

  clear(): void {
    this.#tree.clear();
    this.#items.clear();
  }
}

/** The smallest of `candidates` that holds the level-0 point, so that a nucleus wins over the region around it. */
export function smallestAt(candidates: readonly SlideObject[], x: number, y: number): SlideObject | undefined {
  let best: SlideObject | undefined;
  let bestSize = Infinity;
  for (const object of candidates) {
    if (!object.shape || !containsPoint(object.shape, x, y)) continue;
    const { box } = object.shape;
    const size = (box.maxX - box.minX) * (box.maxY - box.minY);
    if (size < bestSize) [best, bestSize] = [object, size];
  }
  return best;
}
