/** Objects as the server would tell them, for the tests. */
import type { ObjectView } from "../src/store/messages";

/** A square of `size` level-0 px with its upper left corner at x, y. */
export function square(x: number, y: number, size: number): [number, number][] {
  return [
    [x, y],
    [x + size, y],
    [x + size, y + size],
    [x, y + size],
  ];
}

export function view(id: string, changes: Partial<ObjectView> = {}): ObjectView {
  return {
    object_id: id,
    version: 1,
    turn: 1,
    state: "proposed",
    label_id: 1,
    polygons: [{ exterior: square(100, 100, 20), holes: [] }],
    area_px: 400,
    centroid: { x: 110, y: 110 },
    prompts: [{ kind: "click", x: 110, y: 110, positive: true }],
    score: 0.9,
    model_id: 1,
    author: "ann",
    start: "nothing",
    covers: [],
    correcting: false,
    accepting: false,
    failure: null,
    changed_at: "2026-11-21T10:00:00Z",
    ...changes,
  };
}
