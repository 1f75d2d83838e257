/**
 * Every example as a reader would run it: the server in one process, the client in another, and
 * what the client prints.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const expected: Record<string, readonly string[]> = {
  echo: ["Welcome aboard", "Is this thing on? (a Date came back as a Date)"],
  chat: ["Ana is too fast", "1. Ana: Hoist the sail", "2. Ben: Aye"],
  authentication: [
    "t-ana: ana, admin, remove: allowed",
    "t-ben: ben, member, remove: FORBIDDEN",
    "t-stranger: UNAUTHORIZED",
  ],
  "existing-router": ["[ 'Splice the rope' ]", "true", "3", "2", "1"],
  express: ["0 visits", "1 visits", "2 visits"],
  http: [
    "<ul><li>o1: open</ul>",
    '{"result":{"data":{"json":[{"id":"o1","paid":false,"at":"2026-11-22T08:00:00.000Z"}],"meta":{"values":{"0.at":["Date"]},"v":1}}}}',
    "[ true ]",
  ],
};

it.for(Object.keys(expected))(
  "%s prints what its reader expects",
  { timeout: 30_000 },
  async (folder) => {
    const server = start(folder, "server.ts", { PORT: "0" });
    try {
      const url = await lineWith(server, /^Listening on (\S+)$/);
      const client = start(folder, "client.ts", { URL: url });
      const printed: string[] = [];
      createInterface({ input: client.stdout! }).on("line", (line) => printed.push(line));
      const complaints = text(client);
      const [code] = await once(client, "close");
      expect({ code, printed, complaints: complaints() }).toEqual({
        code: 0,
        printed: expected[folder],
        complaints: "",
      });
    } finally {
      server.kill();
    }
  },
);

function start(folder: string, file: string, env: Record<string, string>): ChildProcess {
  const cwd = fileURLToPath(new URL(folder, import.meta.url));
  return spawn(process.execPath, ["--import", "tsx", file], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function text(child: ChildProcess) {
  let all = "";
  child.stderr!.on("data", (chunk) => {
    all += chunk;
  });
  return () => all;
}

async function lineWith(child: ChildProcess, pattern: RegExp): Promise<string> {
  const complaints = text(child);
  for await (const line of createInterface({ input: child.stdout! })) {
    const found = pattern.exec(line);
    if (found) return found[1]!;
  }
  throw new Error(`The server ended without a line like ${pattern}: ${complaints()}`);
}
