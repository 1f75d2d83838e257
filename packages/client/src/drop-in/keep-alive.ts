/**
 * Keep-alive as tRPC's client has it: off unless asked for, and on plain timers, which the fake
 * timers of an application's tests can move by hand. But any frame is a sign of life here: a `PONG`
 * waits its turn behind a large result.
 */

/** Options of `keepAlive`. */
export interface KeepAliveTimes {
  /** Silence after which the server is asked. `@default 5_000` */
  readonly intervalMs?: number;
  /** Time it has to answer before the socket is closed. `@default 1_000` */
  readonly pongTimeoutMs?: number;
}

/** Watches one server until it is lost or `stop` is called. */
export function startKeepAlive(
  server: { ping(): void; lost(): void },
  { intervalMs = 5_000, pongTimeoutMs = 1_000 }: KeepAliveTimes,
) {
  let timer: ReturnType<typeof setTimeout> | undefined;

  function ping() {
    timer = setTimeout(overdue, pongTimeoutMs - 1);
    server.ping();
  }

  // After a stall of our own, timers run before the answers are read that lie with the kernel.
  function overdue() {
    timer = setTimeout(server.lost, 1);
  }

  function alive() {
    clearTimeout(timer);
    timer = setTimeout(ping, intervalMs);
  }

  alive();
  return { alive, stop: () => clearTimeout(timer) };
}
