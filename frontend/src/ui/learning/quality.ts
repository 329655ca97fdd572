/** Quality against annotators' time: each measured version at the hours of work that had been spent when it was made. */
import type { Effort, ModelVersion } from "../../api/learning";
import type { ObjectType } from "../../store/messages";

export type QualityPoint = { hours: number; name: string; created_at: string; candidate: number; rival: number | null };

/** The versions of one type of object that were measured, in the order of the hours, which are known to the day. `score`
 * names the measure. */
export function qualityOverHours(
  versions: readonly ModelVersion[],
  overTime: Effort["over_time"],
  objectType: ObjectType,
  score: string,
): QualityPoint[] {
  const ofType = new Map(versions.map((version) => [version.id, version.object_type]));
  const days = overTime.filter(({ version_id }) => version_id !== null && ofType.get(version_id) === objectType);
  return versions
    .filter((version) => version.object_type === objectType && version.measurement)
    .map((version) => {
      const made = version.created_at.slice(0, 10);
      const seconds = days.filter(({ day }) => day <= made).reduce((sum, { seconds_total }) => sum + seconds_total, 0);
      const { candidate, rival } = version.measurement!.scores;
      return {
        hours: seconds / 3600,
        name: version.name,
        created_at: version.created_at,
        candidate: candidate[score] ?? NaN,
        rival: rival?.[score] ?? null,
      };
    })
    .filter(({ candidate }) => !Number.isNaN(candidate))
    .sort((one, other) => one.hours - other.hours || one.created_at.localeCompare(other.created_at));
}

export type DayPoint = { day: string; objects: number; seconds: number | null };

/** Seconds for an object, day by day: over all versions of the day, weighted by their objects. */
export function secondsByDay(overTime: Effort["over_time"]): DayPoint[] {
  const days = new Map<string, { objects: number; timed: number; seconds: number }>();
  for (const { day, objects, seconds_median } of overTime) {
    const sum = days.get(day) ?? { objects: 0, timed: 0, seconds: 0 };
    sum.objects += objects;
    if (seconds_median !== null) {
      sum.timed += objects;
      sum.seconds += seconds_median * objects;
    }
    days.set(day, sum);
  }
  return [...days]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([day, { objects, timed, seconds }]) => ({ day, objects, seconds: timed ? seconds / timed : null }));
}
