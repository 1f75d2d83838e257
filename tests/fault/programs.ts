/** The processes under fault, compiled. */
import { compile } from "../processes/compile.js";

/** Their files, which their user takes away again. */
export interface Programs {
  readonly server: string;
  readonly client: string;
  readonly proxy: string;
  remove(): void;
}

/** Compiles all of them. */
export async function compilePrograms(): Promise<Programs> {
  const { paths, remove } = await compile({
    server: "fault/server-process.ts",
    client: "fault/client-process.ts",
    proxy: "fault/proxy-process.ts",
  });
  return { ...paths, remove };
}
