/**
 * Compares the reference pages, and PROTOCOL.md's tables, with the constants they describe: every
 * code and limit has its row, with the same numbers, and there is no row without one.
 * `node scripts/check-reference.mjs`, after a build.
 */
import { readFileSync } from "node:fs";
import { appErrors } from "../packages/contracts/dist/index.js";
import {
  CloseCode,
  defaultLimits,
  initialCredit,
  mayReconnect,
} from "../packages/contracts/dist/wire/index.js";
import { documentedDefaults } from "./lib/defaults.mjs";
import { root } from "./lib/run.mjs";
import { numberIn, rowsOf } from "./lib/tables.mjs";

let compared = 0;

/**
 * Two records of text have to be the same.
 *
 * @param {string} page
 * @param {Record<string, unknown>} documented
 * @param {Record<string, unknown>} real
 */
function compare(page, documented, real) {
  for (const name of new Set([...Object.keys(documented), ...Object.keys(real)])) {
    compared++;
    if (documented[name] === real[name]) continue;
    const [says, is] = [documented, real].map((side) => side[name] ?? "nothing");
    console.error(`${page} says of ${name}: ${says}; the code says: ${is}`);
    process.exitCode = 1;
  }
}

/** @param {string} path */
const read = (path) => readFileSync(root + path, "utf8");

/**
 * @template T
 * @param {Record<string, T>} record
 * @param {(value: T, key: string) => unknown} toValue
 */
const mapped = (record, toValue) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, toValue(value, key)]));

// ---- errors ---------------------------------------------------------------------------------

const code = "app.code";
const errors = mapped(
  appErrors,
  ({ trpcCode, retry }) => `${trpcCode}, again: ${retry ? "yes" : "no"}`,
);
for (const page of ["docs/reference/errors.md", "PROTOCOL.md"]) {
  const rows = rowsOf(read(page), [code, "tRPC code", "again?"]);
  compare(
    page,
    Object.fromEntries(
      rows.map((row) => [row[code], `${row["tRPC code"]}, again: ${row["again?"]}`]),
    ),
    errors,
  );
}

// What travels with each code is a type, so it is read from the source.
const types = /interface AppErrorData \{\n([\s\S]*?)\n\}/.exec(
  read("packages/contracts/src/errors.ts"),
)?.[1];
const data = [...(types ?? "").matchAll(/^ {2}(\w+): (undefined|\{[\s\S]*?\n? ?\});$/gm)];
compare(
  "docs/reference/errors.md",
  Object.fromEntries(
    rowsOf(read("docs/reference/errors.md"), [code, "app.data"]).map((row) => [
      row[code],
      row["app.data"],
    ]),
  ),
  Object.fromEntries(
    data.map(([, name, type]) => [
      name,
      [...type.matchAll(/(?<=^\{ |; |^ {4})readonly (\w+)/gm)].map(([, field]) => field).join(", "),
    ]),
  ),
);

// ---- limits ---------------------------------------------------------------------------------

const limits = read("docs/reference/limits.md");
/** @param {readonly string[]} columns */
const defaultsIn = (columns) =>
  Object.fromEntries(
    rowsOf(limits, columns).map((row) => [row[columns[0]], numberIn(row.default)]),
  );
compare("docs/reference/limits.md", defaultsIn(["limit", "default"]), { ...defaultLimits });
if (!limits.includes(`a credit of ${initialCredit} events`)) {
  compare("docs/reference/limits.md", { credit: undefined }, { credit: initialCredit });
}

// Which of them `welcome` tells is a type as well.
const told = /type ToldLimits = Pick<([^>]*)>/.exec(
  read("packages/contracts/src/wire/limits.ts"),
)?.[1];
compare(
  "docs/reference/limits.md",
  Object.fromEntries(rowsOf(limits, ["limit", "told"]).map((row) => [row.limit, row.told])),
  mapped(defaultLimits, (_, name) => (told?.includes(`"${name}"`) ? "told" : "")),
);

const client = documentedDefaults(read("packages/client/src/client.ts"));
const heartbeat = documentedDefaults(read("packages/contracts/src/runtime/heartbeat.ts"));
const server = ["options", "session/sessions", "drain"].flatMap((file) =>
  documentedDefaults(read(`packages/server/src/${file}.ts`)),
);
const records = documentedDefaults(read("packages/server/src/session/requests/memory-store.ts"));
/** @param {string} name */
const withoutGroup = (name) => name.split(".").at(-1) ?? name;
for (const [columns, options] of /** @type {const} */ ([
  [["option", "default", "beyond it"], client],
  [
    ["option", "default", "what it is"],
    [...heartbeat, ...server],
  ],
  [["option", "default", "what it keeps"], records],
])) {
  const numbers = options.filter(({ value }) => value !== undefined && /^\d+$/.test(value));
  const documented = Object.entries(defaultsIn(columns)).filter(([, value]) => value !== undefined);
  compare(
    "docs/reference/limits.md",
    Object.fromEntries(documented.map(([name, value]) => [withoutGroup(name), value])),
    Object.fromEntries(numbers.map(({ name, value }) => [name, Number(value)])),
  );
}

// ---- close codes ----------------------------------------------------------------------------

const names = mapped(CloseCode, String);
for (const page of ["docs/reference/close-codes.md", "PROTOCOL.md"]) {
  const rows = rowsOf(read(page), ["code", "name"]).filter(({ name }) => name !== "");
  compare(page, Object.fromEntries(rows.map((row) => [row.name, row.code])), names);
}
const fates = Object.fromEntries(
  rowsOf(read("docs/reference/close-codes.md"), ["code", "the client"]).map((row) => [
    row.code,
    row["the client"],
  ]),
);
compare(
  "docs/reference/close-codes.md",
  fates,
  mapped(fates, (_, each) => (mayReconnect(Number(each)) ? "comes back" : "stays away")),
);

console.log(`Compared ${compared} rows of the reference with the code.`);
