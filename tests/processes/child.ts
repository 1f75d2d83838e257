/** A process of ours, as the conductor sees it: told what to do, stopped, killed. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Order, Orders, Reply } from "./obey.js";

/** A process that obeys. */
export interface Child<O extends Orders> {
  readonly pid: number;
  /** How it ended, if it did without being told to: then something is badly wrong. */
  readonly death: string | undefined;
  /** Tells it something, and resolves with what comes of it. */
  tell<Name extends keyof O & string>(
    name: Name,
    ...argument: Parameters<O[Name]>
  ): Promise<Awaited<ReturnType<O[Name]>>>;
  /** SIGSTOP: it does nothing more, and its sockets stay. */
  stop(): void;
  /** SIGCONT. */
  goOn(): void;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
}

// Two thousand connections take seconds at worst; what takes a minute has hung.
const replyTimeoutMs = 60_000;

/**
 * Starts a compiled file as a process that obeys.
 *
 * @param nodeArgs Further options of Node.
 */
export function startChild<O extends Orders>(
  path: string,
  nodeArgs: readonly string[] = [],
): Child<O> {
  const child = fork(path, {
    execArgv: ["--expose-gc", ...nodeArgs],
    serialization: "advanced", // bytes as they are
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  const owed = new Map<number, (reply: Reply) => void>();
  let complaint = "";
  let death: string | undefined;
  let isWanted = true;
  let lastId = 0;

  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-4_000);
  });
  child.on("message", (reply: Reply) => {
    owed.get(reply.id)?.(reply);
    owed.delete(reply.id);
  });
  child.on("exit", (code, signal) => {
    if (isWanted) death = `${path} ended with ${signal ?? code}\n${complaint}`;
    for (const [id, settle] of owed) settle({ id, error: death ?? "It was killed" });
    owed.clear();
  });
  const killWithUs = () => void child.kill("SIGKILL");
  process.once("exit", killWithUs);

  return {
    pid: child.pid!,
    get death() {
      return death;
    },
    async tell(name, ...[argument]) {
      if (hasEnded(child)) throw new Error(death ?? `Cannot tell ${name}: it was killed`);
      const id = ++lastId;
      const reply = await new Promise<Reply>((resolve) => {
        const timer = setTimeout(
          () => resolve({ id, error: `No reply to ${name} in ${replyTimeoutMs} ms` }),
          replyTimeoutMs,
        );
        owed.set(id, (reply) => {
          clearTimeout(timer);
          resolve(reply);
        });
        child.send({ id, name, argument } satisfies Order);
      });
      if (reply.error !== undefined) throw new Error(`${name}: ${reply.error}`);
      return reply.result as never;
    },
    stop: () => void child.kill("SIGSTOP"),
    goOn: () => void child.kill("SIGCONT"),
    async kill() {
      isWanted = false;
      process.off("exit", killWithUs);
      if (hasEnded(child)) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL"); // ends a stopped process too
      await exit;
    },
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) =>
  exitCode !== null || signalCode !== null;
