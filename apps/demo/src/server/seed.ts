/** Fills an empty database with {@link stories}, in the order in which they happened. */
import { stories } from "./seed-stories.js";
import type { Store } from "./store.js";

/** Writes the history as it would have been written up to `now`. */
export function seed(store: Store, now: Date) {
  const at = (minutesAgo: number) => new Date(now.getTime() - minutesAgo * 60_000);
  const happenings = stories.flatMap(({ ago, service, severity, title, by, steps }) => {
    const id = crypto.randomUUID();
    const opening = {
      at: at(ago),
      write: () => store.open({ id, title, service, severity }, { by, at: at(ago) }),
    };
    const rest = steps.map(([after, who, kind, text]) => ({
      at: at(ago - after),
      write: () =>
        store.add(
          id,
          { id: crypto.randomUUID(), kind, text: text ?? null },
          { by: who, at: at(ago - after) },
        ),
    }));
    return [opening, ...rest];
  });

  // Numbers and positions rise with time, so the stories are woven into one.
  happenings.sort((a, b) => a.at.getTime() - b.at.getTime());
  for (const { write } of happenings) write();
}
