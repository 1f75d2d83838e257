/**
 * Every example as a reader would run it: the server in one process, the client in another, and
 * what the client prints.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const expected: Record<string, readonly string[]> = {
  echo: ["Welcome aboard", "Is this thing on? (a Date came back as a Date)"],
  chat: ["Ana is too fast", "1. Ana: Hoist the sail", "2. Ben: Aye"],
  authentication: [
    "ana: ana, admin, bar: allowed",
    "ben: ben, member, bar: FORBIDDEN",
    "old: UNAUTHORIZED",
    "none: UNAUTHORIZED",
    "ben: 30 ticks, true that he had several tokens, 0 reconnects",
    'ben: CLOSED {"closeCode":4505}, state closed',
    "ben again: UNAUTHORIZED",
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
    expect(await besideItsServer(folder, "client.ts")).toEqual({
      code: 0,
      printed: expected[folder],
      complaints: "",
    });
  },
);

it("testing: its checks are green", { timeout: 30_000 }, async () => {
  const { code, printed, complaints } = await outcomeOf(start("testing", "checks.ts", {}));
  const report = printed.join("\n");
  expect({ code, complaints }, report).toEqual({ code: 0, complaints: "" });
  expect(report).toMatch(/pass 5$/m);
});

describe("migration", () => {
  it.for(["before", "after"])(
    "its checks are green %s two imports are changed",
    { timeout: 30_000 },
    async (folder) => {
      const { code, printed, complaints } = await besideItsServer(
        `migration/${folder}`,
        "checks.ts",
      );
      const report = printed.join("\n");
      expect({ code, complaints }, report).toEqual({ code: 0, complaints: "" });
      expect(report).toMatch(/pass 3$/m);
      expect(report).toMatch(/fail 0$/m);
    },
  );

  it("two imports are all that changes", () => {
    const files = readdirSync(pathOf("migration/before"));
    expect(readdirSync(pathOf("migration/after"))).toEqual(files);
    const changed = files.flatMap((file) => {
      const before = linesOf(`migration/before/${file}`);
      const after = linesOf(`migration/after/${file}`);
      expect(after).toHaveLength(before.length);
      return after.filter((line, index) => line !== before[index]);
    });
    expect(changed.sort()).toEqual([
      'import { applyWSSHandler } from "@tautline/server/trpc";',
      'import { createWSClient, wsLink } from "@tautline/client/trpc";',
    ]);
  });
});

/** Runs a program of the folder beside the folder's server, and tells how it ended. */
async function besideItsServer(folder: string, file: string) {
  const server = start(folder, "server.ts", { PORT: "0" });
  try {
    const url = await lineWith(server, /^Listening on (\S+)$/);
    return await outcomeOf(start(folder, file, { URL: url }));
  } finally {
    server.kill();
  }
}

/** What a program prints, and how it ends. */
async function outcomeOf(child: ChildProcess) {
  const printed: string[] = [];
  createInterface({ input: child.stdout! }).on("line", (line) => printed.push(line));
  const complaints = text(child);
  const [code] = await once(child, "close");
  return { code, printed, complaints: complaints() };
}

function pathOf(path: string) {
  return fileURLToPath(new URL(path, import.meta.url));
}

function linesOf(file: string) {
  return readFileSync(pathOf(file), "utf8").split("\n");
}

function start(folder: string, file: string, env: Record<string, string>): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", file], {
    cwd: pathOf(folder),
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
