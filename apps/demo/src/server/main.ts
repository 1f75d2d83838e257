/**
 * The supervisor: keeps one server process alive. It holds no data and no socket, so that the
 * server can be killed at any moment (the page has a button for it) and another takes its place.
 */
import { type ChildProcess, fork } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Flags, parseFlags, usage } from "./flags.js";
import type { ToSupervisor } from "./serve.js";

/** How long the line stays dead after a kill, in milliseconds: long enough to be seen. */
const respawnAfterMs = 1_200;

const flags = readFlags();
if (flags.fresh) {
  for (const name of ["incidents.db", "proof.db"]) {
    for (const suffix of ["", "-wal", "-shm"]) {
      rmSync(join(flags.data, name + suffix), { force: true });
    }
  }
}

let child: ChildProcess;
let port = flags.port;
let everReady = false;
let leaving = false;
start();

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    leaving = true;
    if (child.exitCode !== null || child.signalCode !== null) process.exit(0);
    child.kill("SIGTERM");
  });
}

function start() {
  // The port of the first start is kept: with --port 0 the page must find its server again.
  const args = ["--port", String(port), "--host", flags.host, "--data", flags.data];
  child = fork(fileURLToPath(new URL("serve.js", import.meta.url)), args);
  child.on("message", onMessage);
  child.on("exit", onExit);
}

function onMessage(message: ToSupervisor) {
  if (message.type === "restart") return child.kill("SIGKILL");
  port = message.port;
  if (everReady) return console.log(`The server is back (process ${child.pid}).`);
  everReady = true;
  const host = flags.host.includes(":") ? `[${flags.host}]` : flags.host;
  console.log(`Incident room is open at http://${host}:${port} (Ctrl+C closes it)`);
}

function onExit(code: number | null, signal: string | null) {
  if (leaving) process.exit(0);
  // It never came up: the reason is on the screen already, and trying again would repeat it.
  if (!everReady) process.exit(code ?? 1);
  console.log(`The server is gone (${signal ?? `exit code ${code}`}), starting another.`);
  setTimeout(() => leaving || start(), respawnAfterMs);
}

function readFlags(): Flags {
  try {
    const read = parseFlags(process.argv.slice(2));
    if (!read.help) return read;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
