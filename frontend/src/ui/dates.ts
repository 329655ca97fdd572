/** Times as a person reads them, in the person's own time zone. */

const DAY_MS = 24 * 3600 * 1000;

/** "21 Nov 14:05"; with the year where it is another one than this. */
export function moment(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return `${day(at, now)} ${time}`;
}

/** "21 Nov" */
export function day(at: Date | string, now = new Date()): string {
  const date = new Date(at);
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", ...year });
}

/** "14:05:09", and the day before it where that is not today. */
export function clock(iso: string, now = new Date()): string {
  const at = new Date(iso);
  const time = at.toLocaleTimeString("en-GB");
  return at.toDateString() === now.toDateString() ? time : `${day(at, now)} ${time}`;
}

/** "8 s", "12 min", "3 h 5 min", "2 days 4 h" */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} days ${hours % 24} h` : `${days} days`;
}

/** How long it took, or has taken so far. */
export function tookFrom(start: string, end: string | null, now = new Date()): string {
  return duration(((end ? new Date(end) : now).getTime() - new Date(start).getTime()) / 1000);
}

/** How long until then; "now" where it has passed. */
export function until(iso: string, now = new Date()): string {
  const left = new Date(iso).getTime() - now.getTime();
  return left <= 0 ? "now" : left > DAY_MS ? day(iso, now) : duration(left / 1000);
}
