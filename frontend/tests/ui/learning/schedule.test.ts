import { describe, expect, it } from "vitest";
import { readSchedule, scheduleInWords, writeSchedule } from "../../../src/ui/learning/schedule";

const daily = { enabled: true, minute: 5, hour: 3, day_of_week: "*", timezone: "Europe/Berlin" };

describe("schedules", () => {
  it.each([daily, { ...daily, day_of_week: "6" }, { ...daily, day_of_week: "1-5" }])("come back from the form as they were", (schedule) => {
    expect(writeSchedule(readSchedule(schedule, "UTC"))).toEqual(schedule);
  });

  it("are off where there is none, or it is not enabled", () => {
    for (const schedule of [null, { ...daily, enabled: false }]) {
      const choice = readSchedule(schedule, "Asia/Tokyo");
      expect(choice.often).toBe("off");
      expect(writeSchedule(choice)).toBeNull();
    }
  });

  it("begin in the person's own time zone", () => {
    const choice = { ...readSchedule(null, "Asia/Tokyo"), often: "weekly" as const, weekday: 1, time: "22:30" };
    expect(writeSchedule(choice)).toEqual({ enabled: true, minute: 30, hour: 22, day_of_week: "1", timezone: "Asia/Tokyo" });
  });

  it("are said in words", () => {
    expect(scheduleInWords(null)).toBe("not by the clock");
    expect(scheduleInWords(daily)).toBe("each day at 03:05 (Europe/Berlin)");
    expect(scheduleInWords({ ...daily, day_of_week: "0" })).toBe("each Sunday at 03:05 (Europe/Berlin)");
    expect(scheduleInWords({ ...daily, day_of_week: "1-5" })).toBe("on the days 1-5 of the week (0 is Sunday) at 03:05 (Europe/Berlin)");
  });
});
