/**
 * Packs every package and uses it from a project outside the workspace: what works here by a link
 * or an alias may still miss a file, a dependency or a type when npm has carried it elsewhere.
 * `node scripts/pack-check.mjs`, after a build.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addTypesOfWs, compile, importAll, installConsumer } from "./lib/consumer.mjs";
import { root, run } from "./lib/run.mjs";
import { pack, problemsOf } from "./lib/tarball.mjs";

const temporary = mkdtempSync(join(tmpdir(), "tautline-pack-"));
const consumer = join(temporary, "consumer");
const plainConsumer = join(temporary, "plain-consumer");
let failures = 0;

/** @param {string} what @param {boolean} ok */
function say(what, ok) {
  console.log(`${ok ? "✓" : "✗"} ${what}`);
  if (!ok) failures++;
  return ok;
}

/** @param {string} folder Whose sources were compiled. */
async function answers(folder) {
  return (await run(process.execPath, ["out/line.js"], { cwd: folder, timeoutMs: 30_000 })).ok;
}

try {
  const names = readdirSync(join(root, "packages"));
  const tarballs = await Promise.all(
    names.map((name) => {
      const destination = join(temporary, name);
      mkdirSync(destination);
      return pack(`packages/${name}`, destination);
    }),
  );
  for (const tarball of tarballs) {
    const problems = problemsOf(tarball);
    for (const problem of problems) console.error(`${tarball.name} ${problem}`);
    say(`${tarball.name} holds what it should`, problems.length === 0);
  }

  const installed = await installConsumer(consumer, tarballs, 180_000, "tested");
  if (say("npm installs them elsewhere", installed)) {
    const { ok, entries } = await importAll(consumer, tarballs);
    say(`Node imports ${entries.join(", ")}`, ok);
    say(
      "types hold with moduleResolution bundler",
      await compile(consumer, "tsconfig.bundler.json"),
    );
    // This one is emitted, and what was emitted makes a call.
    say(
      "types hold with moduleResolution nodenext",
      await compile(consumer, "tsconfig.nodenext.json"),
    );
    say("a server answers a client", await answers(consumer));
    say(
      "types of the drop-ins hold, with @types/ws",
      (await addTypesOfWs(consumer, 60_000)) && (await compile(consumer, "tsconfig.drop-in.json")),
    );
  }

  // The same without a word on versions, and with React: npm then takes the oldest tRPC we allow.
  const plain = await installConsumer(plainConsumer, tarballs, 180_000, "npm's choice");
  if (say("npm installs them without overrides", plain)) {
    say("types hold with the tRPC it chose", await compile(plainConsumer, "tsconfig.oldest.json"));
    say("a server answers a client there", await answers(plainConsumer));
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
if (failures > 0) process.exitCode = 1;
