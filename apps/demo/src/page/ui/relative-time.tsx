/** A moment as people say it, ticking; the whole date on hover. */
import { useNow } from "./now.js";
import { ago, wholeDate } from "./time.js";

export function RelativeTime({ at }: { at: Date }) {
  const now = useNow();
  return (
    <time dateTime={at.toISOString()} title={wholeDate(at)}>
      {ago(at, now)}
    </time>
  );
}
