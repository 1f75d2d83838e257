/**
 * How the conductor tells the processes what to do: by name, over Node's own channel between parent
 * and child. Nothing is said there while something is measured.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

/** What a process can be told, by name. */
export type Orders = Record<string, (argument: never) => unknown>;

interface Order {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

const running = new Set<ChildProcess>();

// Not left to `disconnect`: a process that a question has stopped would hear of nothing.
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

// Ten thousand connections take a minute at worst; what takes two has hung.
const replyTimeoutMs = 120_000;

/** Obeys, in the child, and ends with the parent. */
export function obey(orders: Orders) {
  process.on("message", async ({ id, name, argument }: Order) => {
    const reply = (rest: Omit<Reply, "id">) => process.send!({ id, ...rest });
    try {
      reply({ result: await orders[name]!(argument as never) });
    } catch (error) {
      reply({ error: error instanceof Error ? error.stack! : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}

/** A process that obeys, as its parent sees it. */
export interface Child<O extends Orders> {
  readonly pid: number;
  /** Tells it something and resolves with what comes of it. Rejects if it dies, fails or hangs. */
  tell<Name extends keyof O & string>(
    name: Name,
    ...argument: Parameters<O[Name]>
  ): Promise<Awaited<ReturnType<O[Name]>>>;
  /** Ends it, even when it is stopped. */
  end(): Promise<void>;
}

/** Starts a compiled file of this folder as a process that obeys. */
export function startChild<O extends Orders>(
  file: string,
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): Child<O> {
  const path = new URL(file, import.meta.url);
  const child = fork(path, args, { execArgv: [...nodeArgs], serialization: "json" });
  const waiting = new Map<number, (reply: Reply) => void>();
  let lastId = 0;
  running.add(child);

  child.on("message", (reply: Reply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  child.on("exit", (code, signal) => {
    running.delete(child);
    const error = `${file} ${args.join(" ")} ended with ${signal ?? code}`;
    for (const [id, settle] of waiting) settle({ id, error });
    waiting.clear();
  });

  return {
    pid: child.pid!,
    tell(name, ...[argument]) {
      if (ended(child)) return Promise.reject(new Error(`Cannot tell ${name}: ${file} has ended`));
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(id);
          reject(new Error(`No reply to ${name} from ${file} ${args.join(" ")}`));
        }, replyTimeoutMs);
        waiting.set(id, ({ result, error }) => {
          clearTimeout(timer);
          if (error === undefined) resolve(result as never);
          else reject(new Error(error));
        });
        child.send({ id, name, argument } satisfies Order);
      });
    },
    async end() {
      if (ended(child)) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}

const ended = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;
