/** What this browser remembers. Works without storage too, then only until the page is closed. */

const prefix = "incident-room:";

/** Reads what was kept under `name`, `null` when there is nothing to trust. */
export function recall(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(prefix + name) ?? "null");
  } catch {
    return null;
  }
}

/** Keeps `value` under `name`; `null` forgets it. */
export function keep(name: string, value: unknown) {
  try {
    if (value === null) localStorage.removeItem(prefix + name);
    else localStorage.setItem(prefix + name, JSON.stringify(value));
  } catch {
    // Storage is blocked or full: the page goes on without it.
  }
}
