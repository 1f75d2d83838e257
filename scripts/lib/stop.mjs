/**
 * Hears of every way in which a script of ours is told to stop. Under `npm run` that takes more than
 * signals: npm passes one on to the shell it started us with, and the shell dies of it alone.
 */

/**
 * Calls `stop` when this process gets a signal to end, and with "SIGTERM" when the process that
 * started it is gone.
 *
 * @param {(signal: "SIGINT" | "SIGTERM" | "SIGHUP") => void} stop
 */
export function onStop(stop) {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => stop(signal));
  }
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop("SIGTERM");
  }, 500);
  timer.unref();
}
