/** The list of objects: which are shown for what a person chose, and in which order. */
import { describe, expect, it } from "vitest";
import { objectFromView } from "../../src/store/slide-object";
import { countFilters, countOfFilter, FIRST_QUERY, listObjects, withoutFilters, type ObjectQuery } from "../../src/ui/object-query";
import { square, view } from "../objects";

const NAMES = {
  label: (id: number) => ({ id, name: id === 1 ? "Tumour" : "lymphocyte", colour: "#ff0000", object_type: "nucleus", key: String(id) }) as const,
  model: (id: number | null) => (id === null ? undefined : `nuclick-${id}`),
};

const of = (id: string, minute: number, size: number, changes: Parameters<typeof view>[1] = {}) =>
  objectFromView(
    view(id, {
      changed_at: `2026-11-21T10:${String(minute).padStart(2, "0")}:00Z`,
      polygons: [{ exterior: square(0, 0, size), holes: [] }],
      ...changes,
    }),
  );

const OBJECTS = [
  of("a", 5, 30, { score: 0.7 }),
  of("b", 9, 10, { score: 0.95, label_id: 2, author: "bob" }),
  of("c", 1, 20, { score: null, model_id: 2 }),
  of("d", 7, 20, { state: "failed", polygons: [], score: null, failure: "Nothing is there." }),
  of("e", 8, 40, { state: "accepted" }),
  of("f", 9, 40, { state: "deleted" }),
];

const ids = (query: Partial<ObjectQuery>) => listObjects(OBJECTS, { ...FIRST_QUERY, ...query }, NAMES).map(({ id }) => id);

describe("the order", () => {
  it.each([
    ["newest", ["b", "d", "a", "c"]],
    ["doubt", ["a", "b", "d", "c"]],
    ["largest", ["a", "c", "b", "d"]],
    ["smallest", ["d", "b", "c", "a"]],
    ["label", ["b", "d", "a", "c"]],
  ] as const)("%s: equal ones the newest first", (sort, expected) => {
    expect(ids({ sort })).toEqual(expected);
  });

  it("goes by the label's name, whatever its case", () => {
    const [first, ...others] = listObjects(OBJECTS, { ...FIRST_QUERY, sort: "label" }, NAMES).map(({ labelId }) => labelId);
    expect([first, others]).toEqual([2, [1, 1, 1]]);
  });

  it("takes what came last first where the time is the same", () => {
    const same = [of("x", 1, 5), of("y", 1, 5)];
    expect(listObjects(same, FIRST_QUERY, NAMES).map(({ id }) => id)).toEqual(["y", "x"]);
  });
});

describe("the filters", () => {
  it("show the states of one kind", () => {
    expect([ids({ filter: "accepted" }), ids({ filter: "trash" })]).toEqual([["e"], ["f"]]);
    expect(countOfFilter(OBJECTS, "open")).toBe(4);
  });

  it("are by label, by person and by model, and all of them hold at once", () => {
    expect(ids({ labelId: 2 })).toEqual(["b"]);
    expect(ids({ by: { author: "ann" } })).toEqual(["d", "a", "c"]);
    expect(ids({ by: { modelId: 2 } })).toEqual(["c"]);
    expect(ids({ by: { author: "bob" }, labelId: 1 })).toEqual([]);
  });

  it("look for all words in label, person, model and failure", () => {
    expect(ids({ text: "LYMPH bob" })).toEqual(["b"]);
    expect(ids({ text: "nuclick-2" })).toEqual(["c"]);
    expect(ids({ text: "nothing there" })).toEqual(["d"]);
    expect(ids({ text: "tumour bob" })).toEqual([]);
    expect(ids({ text: "   " })).toHaveLength(4);
  });

  it("are counted, and taken away without the states and the order", () => {
    const query: ObjectQuery = { filter: "trash", sort: "label", labelId: 2, by: { author: "bob" }, text: "x" };
    expect([countFilters(query), countFilters(FIRST_QUERY)]).toEqual([3, 0]);
    expect(withoutFilters(query)).toEqual({ ...FIRST_QUERY, filter: "trash", sort: "label" });
  });
});
