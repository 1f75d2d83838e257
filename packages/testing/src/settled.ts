/**
 * Turns of the event loop, waited for. A test that sleeps is slow on a good day and wrong
 * on a busy one; a test that lets everything that is ready run is neither.
 */

// Taken when this module loads: a test's fake timers must not stop the waiting itself.
const turn = chooseTurn();

/**
 * Lets what is ready run: microtasks, promise jobs, immediates, and what those make ready in
 * their turn, up to `turns` turns of the event loop deep.
 *
 * It does not wait for work outside the event loop (files, a thread pool, a real socket) and
 * moves no clock; await a condition with `until` for these.
 *
 * @param turns How many turns, each a few microseconds. @default 10
 * @example
 * client.send("hello");
 * await settled();
 * expect(received).toEqual(["hello"]);
 */
export async function settled(turns = 10): Promise<void> {
  for (let left = turns; left > 0; left--) await new Promise<void>(turn);
}

declare const setImmediate: ((run: () => void) => unknown) | undefined;
declare const MessageChannel: new () => {
  readonly port1: { onmessage: () => void };
  readonly port2: { postMessage(message: unknown): void };
};

function chooseTurn(): (run: () => void) => void {
  if (typeof setImmediate === "function") {
    const immediate = setImmediate;
    return (run) => void immediate(run);
  }
  // Browsers hold nested timers back for 4 ms each, but not messages.
  // https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.onmessage = () => waiting.shift()?.();
  return (run) => {
    waiting.push(run);
    port2.postMessage(undefined);
  };
}
