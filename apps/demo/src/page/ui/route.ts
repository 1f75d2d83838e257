/**
 * Where the visitor is: the room, or one incident in it. In the address, so that it can be
 * shared, survives a reload, and the browser's back button closes what was opened.
 */
import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
const changed = () => {
  for (const listener of listeners) listener();
};

function subscribe(listener: () => void) {
  listeners.add(listener);
  addEventListener("popstate", changed);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) removeEventListener("popstate", changed);
  };
}

/** The address of an incident, `null` for the room. */
export function pathTo(number: number | null): string {
  return number === null ? "/" : `/incident/${number}`;
}

/** The number of the incident that `path` leads to. */
export function numberIn(path: string): number | null {
  const digits = /^\/incident\/(\d{1,9})\/?$/.exec(path)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** Goes to an incident or, with `null`, back to the room. */
export function goTo(number: number | null) {
  const path = pathTo(number);
  if (path === location.pathname) return;
  history.pushState(null, "", path);
  changed();
}

/** Goes on to the next incident of a walk through the list, which keeps the focus. */
export function walkTo(number: number) {
  history.replaceState({ walking: true }, "", pathTo(number));
  changed();
}

/** Whether the visitor came here by walking, and not by opening what is shown. */
export function isWalking(): boolean {
  return history.state?.walking === true;
}

/** The number of the incident that is shown, `null` when none is. */
export function useRoute(): number | null {
  return numberIn(useSyncExternalStore(subscribe, () => location.pathname));
}
