/** The processes of an attack: compiled and started, and taken away when they have ended. */
import { type Child, startChild } from "../processes/child.js";
import { compile } from "../processes/compile.js";
import type { Orders } from "../processes/obey.js";

/** Compiles a file below `tests/` and starts it. */
export async function startProcess<O extends Orders>(file: string): Promise<Child<O>> {
  const { paths, remove } = await compile({ main: file });
  process.once("exit", remove);
  const child = startChild<O>(paths.main);
  return {
    ...child,
    get death() {
      return child.death;
    },
    async kill() {
      process.off("exit", remove);
      remove();
      await child.kill();
    },
  };
}
