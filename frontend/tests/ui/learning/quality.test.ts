import { describe, expect, it } from "vitest";
import type { Effort, Measurement, ModelVersion } from "../../../src/api/learning";
import { qualityOverHours, secondsByDay } from "../../../src/ui/learning/quality";

const measured = (candidate: number, rival: number) =>
  ({ scores: { candidate: { aji: candidate }, rival: { aji: rival } } }) as unknown as Measurement;

function version(id: number, day: string, measurement: Measurement | null, object_type = "nucleus"): ModelVersion {
  return { id, name: `v${id}`, object_type, created_at: `${day}T12:00:00Z`, measurement } as ModelVersion;
}

const worked = (day: string, version_id: number | null, objects: number, seconds_median: number | null, seconds_total: number) =>
  ({ day, version_id, version: null, objects, seconds_median, seconds_total }) as Effort["over_time"][number];

describe("qualityOverHours", () => {
  const versions = [version(1, "2026-01-01", null), version(2, "2026-01-02", measured(0.7, 0.6)), version(3, "2026-01-05", measured(0.8, 0.7))];
  const days = [worked("2026-01-02", 1, 100, 3, 3600), worked("2026-01-04", 2, 100, 2, 1800), worked("2026-01-06", 3, 9, 2, 9000)];

  it("sets each measured version at the hours that were worked until it was made", () => {
    expect(qualityOverHours(versions, days, "nucleus", "aji").map(({ hours, candidate, rival }) => [hours, candidate, rival])).toEqual([
      [1, 0.7, 0.6],
      [1.5, 0.8, 0.7],
    ]);
  });

  it("counts the work on its own type of object alone", () => {
    const gland = version(9, "2026-01-01", null, "gland");
    const more = [...days, worked("2026-01-02", 9, 5, 20, 36_000), worked("2026-01-02", null, 5, 20, 36_000)];
    expect(qualityOverHours([...versions, gland], more, "nucleus", "aji").map(({ hours }) => hours)).toEqual([1, 1.5]);
    expect(qualityOverHours([...versions, gland], more, "gland", "aji")).toEqual([]);
  });

  it("leaves out versions of which the score is not known", () => {
    expect(qualityOverHours(versions, days, "nucleus", "pq")).toEqual([]);
  });
});

describe("secondsByDay", () => {
  it("weighs the versions of a day by their objects, the days in their order", () => {
    const days = [worked("2026-01-02", 1, 30, 2, 60), worked("2026-01-01", 1, 4, null, 0), worked("2026-01-02", 2, 10, 6, 60)];
    expect(secondsByDay(days)).toEqual([
      { day: "2026-01-01", objects: 4, seconds: null },
      { day: "2026-01-02", objects: 40, seconds: 3 },
    ]);
  });
});
