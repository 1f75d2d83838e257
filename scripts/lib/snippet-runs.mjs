/** The snippets that run: those a reader copies first, each as its page says. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startCuttable } from "./cuttable.mjs";
import { run } from "./run.mjs";
import { startSnippet } from "./snippet-process.mjs";

/**
 * @typedef {object} SnippetRun
 * @property {string} path The page.
 * @property {string} what What is tried, for the report.
 * @property {(folder: string) => Promise<void>} check Throws when the page promises too much.
 *
 * @typedef {ReturnType<typeof startSnippet>} Process
 */

/** @type {readonly SnippetRun[]} */
export const runs = [
  {
    path: "README.md",
    what: "runs, and its loop goes on after the network was cut",
    check: (folder) => together(folder, readme),
  },
  {
    path: "docs/guide/getting-started.md",
    what: "prints what it says, after a cut and after a restart as well",
    check: (folder) => together(folder, gettingStarted),
  },
  {
    path: "docs/guide/testing.md",
    what: "passes in vitest",
    check: testing,
  },
  {
    path: "docs/guide/testing.md",
    what: "passes in node:test",
    check: nodeTesting,
  },
  {
    path: "docs/guide/react.md",
    what: "renders on a server, with its data and without a socket",
    check: (folder) => together(folder, rendering),
  },
  {
    path: "packages/testing/README.md",
    what: "passes in vitest",
    check: testing,
  },
  {
    path: "docs/guide/existing-trpc.md",
    what: "answers both clients",
    check: (folder) => together(folder, existingRouter),
  },
  {
    path: "docs/guide/migrating-from-trpc.md",
    what: "each step answers the clients of all steps before it, and stock ones",
    check: (folder) => together(folder, migrating),
  },
  {
    path: "docs/guide/from-socket-io.md",
    what: "says something in a room, and hears it",
    check: (folder) => together(folder, fromSocketIo),
  },
  ...["express", "fastify", "hono"].map((name) => ({
    path: "docs/guide/server.md",
    what: `answers pages and calls with ${name}`,
    check: (/** @type {string} */ folder) =>
      together(folder, (start) => besidePages(start, folder, name)),
  })),
];

/** @typedef {(file: string, options?: Parameters<typeof startSnippet>[1]) => Process} Start */

/**
 * Gives a run the means to start processes, which end with it.
 *
 * @param {string} folder
 * @param {(start: Start, folder: string) => Promise<void>} check
 */
async function together(folder, check) {
  /** @type {Process[]} */
  const started = [];
  try {
    await check((file, options) => {
      const process = startSnippet(join(folder, "out", file), options);
      started.push(process);
      return process;
    }, folder);
  } finally {
    await Promise.all(started.map((each) => each.stop()));
  }
}

/** @param {Start} start @param {string} folder */
async function readme(start, folder) {
  const year = String(new Date().getFullYear());
  const port = await start("server.js").port(3_000);
  const line = await startCuttable(port);
  try {
    const reader = start(dialling(folder, "app.js", 3_000, line.port));
    await reader.says(year);
    await reader.says("Buy rope");
    line.cut();
    // The same program by another way: it adds a note, and hears of it, while the first is away.
    const writer = start(dialling(folder, "app.js", 3_000, port));
    await writer.says("Buy rope", 2);
    line.mend();
    await reader.says("Buy rope", 2);
  } finally {
    await line.close();
  }
}

/** @param {Start} start @param {string} folder */
async function gettingStarted(start, folder) {
  const server = start("server.js");
  const port = await server.port(3_000);
  const line = await startCuttable(port);
  try {
    const client = start(dialling(folder, "client.js", 3_000, line.port));
    await client.says("1 greeted");
    line.cut();
    await start(dialling(folder, "client.js", 3_000, port)).says("2 greeted");
    line.mend();
    await client.says("2 greeted"); // it goes on where it was
    await server.stop();
    line.mend(await start("server.js").port(3_000));
    await client.says("0 greeted"); // and begins anew where another one stands
  } finally {
    await line.close();
  }
}

/** @param {Start} start @param {string} folder */
async function existingRouter(start, folder) {
  const port = await start("server.js").port(3_000);
  const client = start(dialling(folder, "client.js", 3_000, port));
  await client.says("Hello Ana");
  await client.says("Hello Ben");
}

/** @param {Start} start @param {string} folder */
async function migrating(start, folder) {
  const dropIn = readFileSync(join(folder, "out/client.js"), "utf8");
  writeFileSync(
    join(folder, "out/stock.js"),
    dropIn.replace("@tautline/client/trpc", "@trpc/client"),
  );
  const clients = ["stock.js", "client.js"];
  const steps = [
    ["server.js"],
    ["served.js", "linked.js"],
    ["both.js", "declared.js"],
    ["whole.js", "whole-client.js"],
  ];
  for (const [server = "", ...more] of steps) {
    clients.push(...more);
    const process = start(server);
    const port = await process.port(3_000);
    for (const client of clients) {
      const [author] = await start(dialling(folder, client, 3_000, port)).lines();
      assert.equal(author, "Ana", `${client} on ${server}`);
    }
    await process.stop();
  }
}

/** @param {Start} start @param {string} folder */
async function fromSocketIo(start, folder) {
  const port = await start("server.js").port(3_000);
  const say = dialling(folder, "say.js", 3_000, port);
  const follow = readFileSync(join(folder, "out/follow.js"), "utf8");
  writeFileSync(join(folder, "out/follow-here.js"), follow.replace("say.js", say));
  const member = start("follow-here.js");
  await member.says(String(new Date().getFullYear()));
  await member.says("Ana: Ahoy");
}

const renderer = `
import { render } from "./render.js";
const { html, state } = await render();
console.log(html.includes("rope"), JSON.stringify(state).includes('["Date"]'));
`;

/** @param {Start} start @param {string} folder */
async function rendering(start, folder) {
  writeFileSync(join(folder, "out/renderer.mjs"), renderer);
  // A socket would keep it from ending.
  assert.deepEqual(await start("renderer.mjs").lines(), ["true true"]);
}

/** @param {string} folder */
async function testing(folder) {
  // Its own config: the repository's would run the sources, and a reader has what was built.
  writeFileSync(join(folder, "vitest.config.ts"), "export default {};\n");
  const args = ["node_modules/vitest/vitest.mjs", "run", "--root", folder, "--dir", folder];
  const { ok, output } = await run(process.execPath, args, { show: "never", timeoutMs: 60_000 });
  if (!ok) throw new Error(output);
}

/** @param {string} folder */
async function nodeTesting(folder) {
  const { ok, output } = await run(process.execPath, ["--test", "out/test-shop.js"], {
    cwd: folder,
    show: "never",
    timeoutMs: 60_000,
  });
  if (!ok) throw new Error(output);
}

// The page says who is there by functions of the reader's own, which it only declares.
const standIns = `
globalThis.userOf = async (token) => (token === "t-ana" ? { userId: "ana", plan: "free" } : null);
globalThis.takenBy = async (name) => (name === "Ben" ? "ben" : undefined);
`;
const caller = `
import { connectionOf, createClient, isDeclared, safe } from "@tautline/client";
const api = createClient({ url: process.env.URL, credentials: { token: "t-ana" } });
console.log((await api.me.query()).userId);
const [, error] = await safe(api.rename.mutate({ name: "Ben" }));
console.log(isDeclared(error, "NAME_TAKEN") && error.data.app.data.by);
await connectionOf(api).close();
`;

/** @param {Start} start @param {string} folder @param {string} name */
async function besidePages(start, folder, name) {
  const given = join(folder, "out/stand-ins.mjs");
  writeFileSync(given, standIns);
  writeFileSync(join(folder, "out/caller.mjs"), caller);

  const port = await start(`with-${name}.js`, { imports: [given] }).port(8_080);
  const page = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(await page.text(), "Hello");
  const client = start("caller.mjs", { env: { URL: `ws://127.0.0.1:${port}/line` } });
  assert.deepEqual(await client.lines(), ["ana", "ben"]);
}

/**
 * A copy of a program that dials another port than it says.
 *
 * @param {string} folder
 * @param {string} file
 * @param {number} from
 * @param {number} to
 */
function dialling(folder, file, from, to) {
  const source = readFileSync(join(folder, "out", file), "utf8");
  assert(source.includes(`:${from}`), `${file} does not dial ${from}`);
  const copy = file.replace(".js", `-${to}.js`);
  writeFileSync(join(folder, "out", copy), source.replaceAll(`:${from}`, `:${to}`));
  return copy;
}
