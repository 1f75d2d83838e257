/**
 * Processes of ours, as the test that started them sees them. One that dies rejects whatever it
 * still owes, and says why.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { compile } from "./compile.js";
import type { Order, Orders, Reply } from "./obey.js";

/** A process that obeys, as its parent sees it. */
export interface Child<O extends Orders> {
  readonly process: ChildProcess;
  /** How it ended, if it has: then something went badly wrong. */
  readonly death: string | undefined;
  /** Tells it something, and resolves with what comes of it. */
  tell<Name extends keyof O & string>(
    name: Name,
    ...argument: Parameters<O[Name]>
  ): Promise<Awaited<ReturnType<O[Name]>>>;
  end(): Promise<void>;
}

/** Compiles a file below `tests/` and starts it. */
export async function startProcess<O extends Orders>(file: string): Promise<Child<O>> {
  const compiled = await compile(file);
  const child = fork(compiled.path, {
    execArgv: ["--expose-gc"],
    serialization: "advanced",
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
    if (isWanted) death = `${file} ended with ${signal ?? code}\n${complaint}`;
    for (const [id, settle] of owed) settle({ id, error: death ?? "It was ended" });
    owed.clear();
  });
  const killWithUs = () => {
    child.kill("SIGKILL");
    compiled.remove();
  };
  process.once("exit", killWithUs);

  return {
    process: child,
    get death() {
      return death;
    },
    async tell(name, ...[argument]) {
      if (death !== undefined) throw new Error(death);
      const id = ++lastId;
      const reply = await new Promise<Reply>((resolve) => {
        owed.set(id, resolve);
        child.send({ id, name, argument } satisfies Order);
      });
      if (reply.error !== undefined) throw new Error(reply.error);
      return reply.result as never;
    },
    async end() {
      isWanted = false;
      process.off("exit", killWithUs);
      compiled.remove();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
}
