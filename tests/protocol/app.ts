/**
 * The service that every transcript talks about: one contract, its handlers, and the hands of
 * the application behind them. A transcript moves those hands with `@ server …` and looks at
 * what the application noticed with `@ server sees …`.
 */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import type { Clock } from "@tautline/contracts/runtime";
import {
  createMemoryRequestStore,
  createServer,
  implement,
  type Principal,
  TRPCError,
  tracked,
} from "@tautline/server";
import { z } from "zod";
import type { Transcript } from "./transcript.js";

const Incident = z.object({ id: z.string(), title: z.string() });
const Resumed = z.object({ after: z.string(), input: z.json() });

/** Small, with one procedure for each thing that a call can run into. */
const definition = {
  incident: {
    byId: query({ input: z.object({ id: z.string() }), output: Incident }),
    acknowledge: mutation({
      input: z.object({ id: z.string() }),
      output: Incident,
      errors: { ALREADY_ACKNOWLEDGED: z.object({ by: z.string() }) },
    }),
    /** Answers with the moment it was given. */
    remind: mutation({
      input: z.object({ at: z.date() }),
      output: z.object({ at: z.date() }),
      repeat: "safe",
    }),
    /** Has nothing to say. */
    forget: mutation({ input: z.object({ id: z.string() }), output: z.undefined() }),
    /** An event for each `@ server publishes`, those kept since `lastEventId` first. */
    changes: subscription({ output: z.object({ title: z.string() }), tracked: true }),
  },
  /** The titles of what is published from now on, without positions. */
  news: subscription({ output: z.string() }),
  report: {
    /** Answered at `@ server finishes`. */
    yearly: query({ output: z.string() }),
    /** The same, with a deadline of the contract's. */
    daily: query({ output: z.string(), deadlineMs: 2_000 }),
    /** As many letters as asked for. */
    text: query({ input: z.object({ letters: z.int() }), output: z.string() }),
    /** Throws what nobody declared. */
    broken: query({ output: z.string() }),
    /** As many letters as asked for, written down. */
    print: mutation({ input: z.object({ letters: z.int() }), output: z.string() }),
    /** Written at `@ server finishes`; throws when it is given up. */
    file: mutation({ output: z.string() }),
    /** The same, and may run twice. */
    renew: mutation({ output: z.string(), repeat: "safe" }),
    /** The same, and notes itself: `"noted"` at once, any other not before it is written. */
    archive: mutation({
      input: z.object({ how: z.enum(["noted", "not noted", "nobody knows"]) }),
      output: z.string(),
      repeat: "lookup",
    }),
  },
  /** Counts up to `to`. */
  count: subscription({ input: z.object({ to: z.int() }), output: z.int() }),
  /** The same for readers that may not fall behind. */
  meter: subscription({ input: z.object({ to: z.int() }), output: z.int(), overflow: "cut" }),
  /** One event, then nothing until it is stopped. */
  watch: subscription({ output: z.string() }),
  /** One event, then a declared failure. */
  faulty: subscription({ output: z.int(), errors: { TORN: z.object({ after: z.int() }) } }),
  /** Fails before its first event. */
  closed: subscription({ output: z.int() }),
  /** Tracked, with inputs that have no room for `lastEventId`; each tells what it was given. */
  resumed: {
    byText: subscription({ input: z.string(), output: Resumed, tracked: true }),
    byList: subscription({ input: z.array(z.string()), output: Resumed, tracked: true }),
    byObject: subscription({
      input: z.strictObject({ team: z.string() }),
      output: Resumed,
      tracked: true,
    }),
    byNothing: subscription({ output: Resumed, tracked: true }),
  },
};

/** The contract. Its revision tells which side is older when two differ. */
export const app = contract(definition, { revision: 7 });

/**
 * Starts the service. `act` does what `@ server …` says; `sights` is what `@ server sees …` looks
 * for, in the order in which it happened.
 */
export function startApp({
  clock,
  limits,
  server: { maxAnswerBytes = 65_536, ...options },
}: Pick<Transcript, "limits" | "server"> & { readonly clock: Clock }) {
  const sights: string[] = [];
  const held = createSignal();
  const published = createSignal();
  const changes: { readonly id: string; readonly title: string }[] = [];
  const archive = new Map<string | undefined, string>();
  const undecided: PromiseWithResolvers<Principal | null>[] = [];

  /** Waits for `@ server finishes`, and says why nobody waits any more. */
  async function hold({ path, signal }: { path: string; signal: AbortSignal }) {
    signal.addEventListener("abort", () => {
      const { cause } = signal.reason as { cause: { app: { code: string } } };
      sights.push(`${path} aborted: ${cause.app.code}`);
    });
    await held.next();
    return "Quiet";
  }

  /** The same for what must not be done twice, so it counts how often it was begun. */
  async function write({ path, signal }: { path: string; signal: AbortSignal }) {
    sights.push(`${path} begun`);
    const givenUp = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    await Promise.race([held.next(), givenUp]);
    return "Written";
  }

  const router = implement(app)
    .context<object>()
    .router({
      incident: {
        byId({ input: { id } }) {
          if (id !== "i1") throw new TRPCError({ code: "NOT_FOUND", message: `No incident ${id}` });
          return { id, title: "Disk full" };
        },
        acknowledge({ input: { id }, fail }) {
          if (id === "i2") throw fail("ALREADY_ACKNOWLEDGED", { by: "Ana" });
          sights.push(`${id} acknowledged`);
          return { id, title: "Disk full" };
        },
        remind: ({ input }) => input,
        forget: () => undefined,
        async *changes({ lastEventId, signal }) {
          const last = changes.findIndex(({ id }) => id === lastEventId);
          let next = lastEventId === undefined ? changes.length : last + 1;
          signal.addEventListener("abort", published.fire);
          try {
            while (!signal.aborted) {
              const change = changes[next];
              if (change === undefined) await published.next();
              else {
                next++;
                yield tracked(change.id, { title: change.title });
              }
            }
          } finally {
            sights.push("incident.changes returned");
          }
        },
      },
      report: {
        yearly: hold,
        daily: hold,
        text: ({ input }) => "x".repeat(input.letters),
        broken: () => {
          throw new Error("The password is hunter2");
        },
        print({ input }) {
          sights.push("report.print begun");
          return "x".repeat(input.letters);
        },
        file: write,
        renew: write,
        archive: {
          run({ key, input, ...call }) {
            if (input.how === "noted") archive.set(key, "Written before");
            return write(call);
          },
          lookup({ key, input }) {
            sights.push("report.archive looked up");
            if (input.how === "nobody knows") throw new Error("The archive is closed");
            const output = archive.get(key);
            return output === undefined ? undefined : { output };
          },
        },
      },
      async *news({ signal }) {
        signal.addEventListener("abort", published.fire);
        for (let next = changes.length; !signal.aborted; ) {
          const change = changes[next];
          if (change === undefined) await published.next();
          else {
            next++;
            yield change.title;
          }
        }
      },
      count: ({ input }) => upTo(input.to),
      meter: ({ input }) => upTo(input.to),
      async *watch({ signal }) {
        yield "first";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      },
      async *faulty({ fail }) {
        yield 1;
        throw fail("TORN", { after: 1 });
      },
      closed: () => {
        throw new TRPCError({ code: "FORBIDDEN", message: "Not yours" });
      },
      resumed: {
        byText: toldOnce,
        byList: toldOnce,
        byObject: toldOnce,
        byNothing: ({ lastEventId }) => toldOnce({ lastEventId, input: null }),
      },
    });

  const quiet = () => {};
  let store = createMemoryRequestStore({ clock, maxAnswerBytes });
  let server = start();
  /** What is closed already, or about to be. */
  const past: (() => unknown)[] = [];

  function start() {
    return createServer({
      router,
      clock,
      limits,
      requests: store,
      ...options,
      logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      createContext: () => ({}),
      authenticate({ credentials, signal }): Principal | null | Promise<Principal | null> {
        signal.addEventListener("abort", () => sights.push("a stranger gone"));
        switch (credentials?.token) {
          case undefined:
            return { userId: "nobody" };
          case "t-ana":
          case "t-ana-2":
            return { userId: "Ana" };
          case "t-bo":
            return { userId: "Bo" };
          case "t-brief":
            return { userId: "Ana", expiresAt: new Date(Date.now() + 10_000) };
          case "t-slow":
            undecided.push(withResolvers());
            return undecided.at(-1)!.promise;
          default:
            return null;
        }
      },
      onDisconnect({ connection, code, reason }) {
        sights.push(`${connection.principal?.userId} gone: ${code} ${reason}`.trimEnd());
      },
    });
  }

  /** Another server takes over, with the same records. */
  function replace() {
    const before = server;
    past.push(() => before.close());
    server = start();
    return before;
  }

  /** As after a crash: the sockets have to be cut before. */
  const restart = () => void replace().close();

  const hands: Readonly<Record<string, () => unknown>> = {
    finishes: held.fire,
    "lets Ana in": () => undecided.shift()?.resolve({ userId: "Ana" }),
    "turns the client away": () => undecided.shift()?.resolve(null),
    "fails to decide": () => undecided.shift()?.reject(new Error("The directory is down")),
    "asks to reconnect": () => {
      for (const connection of server.connections) connection.askToReconnect();
    },
    closes: () => server.close(),
    drains: () => replace().drain(),
    "drains in haste": () => replace().drain({ deadlineMs: 900 }),
    "revokes Ana": () => server.revoke({ userId: "Ana" }),
    restarts: restart,
    "restarts without its records"() {
      const { close } = store;
      past.push(close.bind(store));
      store = createMemoryRequestStore({ clock, maxAnswerBytes });
      restart();
    },
    "cannot record"() {
      store.create = () => {
        throw new Error("The disk is full");
      };
    },
  };

  function act(words: string) {
    const [, id, title] = /^publishes (\S+) "(.+)"$/.exec(words) ?? [];
    if (id !== undefined && title !== undefined) {
      changes.push({ id, title });
      published.fire();
    } else if (words in hands) void hands[words]!();
    else throw new Error(`Nothing the service can do: ${words}`);
  }

  return {
    get server() {
      return server;
    },
    sights,
    act,
    async close() {
      await server.close();
      for (const close of past) await close();
      await store.close();
    },
  };
}

async function* upTo(to: number) {
  for (let n = 1; n <= to; n++) yield n;
}

async function* toldOnce<Input>({
  input,
  lastEventId,
}: {
  readonly input: Input;
  readonly lastEventId: string | undefined;
}) {
  yield tracked("1", { after: `${lastEventId}`, input });
}

/** Wakes all who wait, each time it fires. */
function createSignal() {
  let waiting: (() => void)[] = [];
  return {
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
    fire() {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

// `Promise.withResolvers` is not in Node 20.
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve, reject };
}
