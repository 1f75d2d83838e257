/** A pause that can be left early. */

/** Resolves after `ms`, or when `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    function go() {
      clearTimeout(timer);
      signal.removeEventListener("abort", go);
      resolve();
    }
    const timer = setTimeout(go, ms);
    signal.addEventListener("abort", go);
    if (signal.aborted) go();
  });
}
