/** The hour at which a project trains: the few choices of the form, and cron's words behind them. */
import type { Schedule } from "../../api/learning";

export const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

export type Often = "off" | "daily" | "weekly" | "other";

/** `days` is cron's own expression where it is neither each day nor one day. */
export type Choice = { often: Often; weekday: number; time: string; days: string; timezone: string };

export function readSchedule(schedule: Schedule | null, timezone: string): Choice {
  const choice: Choice = { often: "off", weekday: 0, time: "03:00", days: "*", timezone };
  if (!schedule?.enabled) return choice;
  const days = schedule.day_of_week;
  const known = { ...choice, days, time: `${two(schedule.hour)}:${two(schedule.minute)}`, timezone: schedule.timezone };
  if (days === "*") return { ...known, often: "daily" };
  return /^[0-6]$/.test(days) ? { ...known, often: "weekly", weekday: Number(days) } : { ...known, often: "other" };
}

export function writeSchedule({ often, weekday, time, days, timezone }: Choice): Schedule | null {
  if (often === "off") return null;
  const [hour, minute] = time.split(":").map(Number);
  const day_of_week = { daily: "*", weekly: String(weekday), other: days }[often];
  return { enabled: true, hour: hour ?? 0, minute: minute ?? 0, day_of_week, timezone };
}

/** "each day at 03:00 (Europe/Berlin)" */
export function scheduleInWords(schedule: Schedule | null): string {
  const { often, weekday, time, days, timezone } = readSchedule(schedule, "");
  if (often === "off") return "not by the clock";
  const when = { daily: "each day", weekly: `each ${DAYS[weekday]}`, other: `on the days ${days} of the week (0 is Sunday)` }[often];
  return `${when} at ${time} (${timezone})`;
}

const two = (value: number): string => String(value).padStart(2, "0");
