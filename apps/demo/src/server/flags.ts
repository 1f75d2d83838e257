/** The command line: a handful of flags, each checked, an unknown one refused. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** What the command line asks for. */
export interface Flags {
  /** @default 4400; 0 takes any free one */
  readonly port: number;
  /** @default "127.0.0.1" */
  readonly host: string;
  /** Folder of the database. @default .data in this app's folder */
  readonly data: string;
  /** Start over with the seeded history. @default false */
  readonly fresh: boolean;
  /** Only say how to use it. */
  readonly help: boolean;
}

/** What `--help` prints. */
export const usage = `Incident room

  --port N     port to listen on (4400; 0 for any free one)
  --host NAME  address to listen on (127.0.0.1)
  --data DIR   folder of the database (apps/demo/.data)
  --fresh      forget everything and start with the seeded history
  --help       this text`;

/**
 * Reads the flags.
 *
 * @throws TypeError when a flag is unknown. RangeError when the port is none.
 */
export function parseFlags(args: string[]): Flags {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "4400" },
      host: { type: "string", default: "127.0.0.1" },
      data: { type: "string", default: fileURLToPath(new URL("../../.data", import.meta.url)) },
      fresh: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`Cannot listen on port ${values.port}: use a number from 0 to 65535`);
  }
  return { ...values, port };
}
