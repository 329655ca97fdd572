import { describe, expect, it } from "vitest";
import { day, duration, moment, tookFrom, until } from "../../src/ui/dates";

const NOW = new Date("2026-11-21T14:00:00");

describe("dates", () => {
  it("name the year only where it is another one", () => {
    expect(moment("2026-11-21T14:05:00", NOW)).toBe("21 Nov 14:05");
    expect(moment("2025-01-02T03:04:00", NOW)).toBe("2 Jan 2025 03:04");
    expect(day("2026-11-21", NOW)).toBe("21 Nov");
  });

  it("are durations in the two largest units that matter", () => {
    expect([8.4, 89, 90, 3600, 5400, 11_100, 172_800, 190_000].map(duration)).toEqual([
      "8 s", "89 s", "2 min", "60 min", "1 h 30 min", "3 h 5 min", "2 days", "2 days 4 h",
    ]);
  });

  it("say how long something took, or has taken so far", () => {
    expect(tookFrom("2026-11-21T13:00:00", "2026-11-21T13:00:30", NOW)).toBe("30 s");
    expect(tookFrom("2026-11-21T13:58:00", null, NOW)).toBe("2 min");
  });

  it("say how long is left, and never less than nothing", () => {
    expect(until("2026-11-21T14:12:00", NOW)).toBe("12 min");
    expect(until("2026-11-21T13:00:00", NOW)).toBe("now");
  });
});
