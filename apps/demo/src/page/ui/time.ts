/** How the room speaks of time. Pure: `now` is passed in. */

/** "just now", "40 s ago", "12 min ago", "3 h ago", "2 days ago". */
export function ago(at: Date, now: Date): string {
  const seconds = Math.max(0, (now.getTime() - at.getTime()) / 1_000);
  return seconds < 5 ? "just now" : `${span(seconds)} ago`;
}

/** One unit, rounded down: "40 s", "12 min", "3 h", "2 days". */
export function span(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "1 day" : `${days} days`;
}

/** Two units, for durations that are watched: "40 s", "4 min 12 s", "3 h 20 min", "2 d 4 h". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "14:03:12", in the visitor's own time zone. */
export function clockTime(at: Date, seconds = false): string {
  return at.toLocaleTimeString("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds && { second: "2-digit" }),
  });
}

/** "Friday 20 November 2026, 14:03:12", for tooltips. */
export function wholeDate(at: Date): string {
  const day = at.toLocaleDateString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  return `${day}, ${clockTime(at, true)}`;
}
