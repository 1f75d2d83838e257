/**
 * Question: does the time that a stranger's value takes grow with its bytes and no faster, and
 * what do our codecs cost beside superjson and the bare parser?
 *
 * Method: each hostile family writes a frame of about n bytes, for n from 4 KiB to 1 MiB, within
 * the limits of a single value. Measured is the processor's time for the whole way of a frame
 * through a server with its default limits (scan, parse, decode or refuse), and beside it, without
 * the limit on nodes, for the scan (`checkJson`), the parser and our decoder alone. Frames of each
 * size run so often that they make two megabytes together, so that each size pays for its own
 * garbage; the best of seven rounds in which the sizes take turns. The slope is a line fitted to
 * log(time) over log(bytes): 1 is linear, 2 quadratic. That of the parser alone stands beside it:
 * 1.2 where V8 interns a hundred thousand short strings. Stock superjson decodes the same frames
 * until one takes more than a second. The codecs' costs are medians of 11 rounds in which all
 * versions take turns, of the processor's time as well.
 *
 * Report: every round, the machine and the commit in bench/results/decode-cost.json, the tables in
 * bench/results/decode-cost.md. Run with `jiti decode-cost.ts` after a build.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import {
  checkJson,
  checkJsonValue,
  decodeValue,
  defaultLimits,
  guardedSuperjson,
  stringifyValue,
  ValueCodecError,
} from "@tautline/contracts/wire";
import { compileDecoder, compileEncoder } from "@tautline/contracts/wire/schema-codec";
import superjson from "superjson";
import * as z from "zod";
import { collidingNumbers, families, text } from "./decode-cost-families.js";

// ---- measuring ----------------------------------------------------------------------------

function elapsedUs(run: () => unknown): number {
  const start = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - start) / 1_000;
}

const best = (count: number, measure: () => number) =>
  Math.min(...Array.from({ length: count }, measure));

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The exponent of time in bytes, by least squares. */
function slope(points: readonly (readonly [bytes: number, us: number])[]): number {
  const logs = points.map(([bytes, us]) => [Math.log(bytes), Math.log(us)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

const sizes = [4, 16, 64, 256, 1_024].map((kib) => kib * 1_024);
const decodeStranger = compileDecoder();
const defaultJson = {
  maxDepth: defaultLimits.maxJsonDepth,
  maxNodes: defaultLimits.maxJsonNodes,
};

/** The whole way of a frame, as packages/server/src/connection/connection.ts goes it. */
function serve(frame: string) {
  const isHeavy = checkJson(frame, defaultJson) !== undefined;
  const encoded = JSON.parse(frame);
  if (isHeavy) checkJsonValue(encoded, defaultJson);
  else decodeStranger(encoded);
}

function cpuUs(run: () => void): number {
  const start = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** The best of seven rounds, in µs a frame. */
function perFrame(frames: readonly string[], run: (frame: string) => unknown): number[] {
  const least = frames.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < 7; round++) {
    for (const [i, frame] of frames.entries()) {
      const count = Math.max(2, Math.round(2_097_152 / frame.length));
      const us = cpuUs(() => {
        for (let n = 0; n < count; n++) run(frame);
      });
      least[i] = Math.min(least[i]!, us / count);
    }
  }
  return least;
}

function measureFamily(write: (bytes: number) => string) {
  const frames = sizes.map((size) => Buffer.from(write(size)).toString());
  const serveUs = perFrame(frames, serve);
  const scanUs = perFrame(frames, (frame) => checkJson(frame, { maxDepth: 64, maxNodes: 1e9 }));
  const parseUs = perFrame(frames, JSON.parse);
  const bothUs = perFrame(frames, (frame) => decodeStranger(JSON.parse(frame)));
  let superjsonIsFast = true;
  return frames.map((frame, i) => {
    const superjsonUs = superjsonIsFast
      ? best(1, () => {
          const encoded = JSON.parse(frame);
          return elapsedUs(() => superjson.deserialize(encoded, { inPlace: true }));
        })
      : undefined;
    superjsonIsFast &&= superjsonUs! < 1_000_000;
    return {
      bytes: frame.length,
      served: checkJson(frame, defaultJson) === undefined,
      serveUs: serveUs[i]!,
      scanUs: scanUs[i]!,
      parseUs: parseUs[i]!,
      decodeUs: Math.max(0, bothUs[i]! - parseUs[i]!),
      superjsonUs,
    };
  });
}

/** Medians of 11 rounds in which the versions take turns, in µs per call. */
function race(calls: number, versions: Record<string, () => unknown>): Record<string, number[]> {
  const samples = Object.fromEntries(Object.keys(versions).map((name) => [name, [] as number[]]));
  for (const run of Object.values(versions)) for (let i = 0; i < calls; i++) run();
  for (let round = 0; round < 11; round++) {
    for (const [name, run] of Object.entries(versions)) {
      const us = cpuUs(() => {
        for (let i = 0; i < calls; i++) run();
      });
      samples[name]!.push(us / calls);
    }
  }
  return samples;
}

function raceCodecs(schema: z.ZodType, value: unknown, calls: number) {
  const encode = compileEncoder(schema);
  const frame = Buffer.from(encode(value)).toString();
  const guarded = guardedSuperjson();
  return {
    encode: race(calls, {
      "JSON.stringify": () => JSON.stringify(value),
      "compiled encoder": () => encode(value),
      stringifyValue: () => stringifyValue(value),
      "superjson.stringify": () => superjson.stringify(value),
    }),
    decode: race(calls, {
      "JSON.parse": () => JSON.parse(frame),
      "+ compiled decoder": () => decodeStranger(JSON.parse(frame)),
      "+ decodeValue": () => decodeValue(JSON.parse(frame)),
      "+ guardedSuperjson": () => guarded.deserialize(JSON.parse(frame)),
      "superjson.parse": () => superjson.parse(frame),
      "checkJson alone": () => checkJson(frame, { maxDepth: 64, maxNodes: 100_000 }),
    }),
  };
}

// ---- running ------------------------------------------------------------------------------

const Message = z.object({
  id: z.uuid(),
  title: z.string(),
  severity: z.int(),
  open: z.boolean(),
  at: z.date(),
});
const message = (i: number) => ({
  id: "0f8c1c1e-6c3a-4d43-9a54-0d8f6f0c8f6b",
  title: `Database is slow ${i}`,
  severity: i % 4,
  open: true,
  at: new Date(Date.UTC(2026, 10, 22, 8) + i * 977_000),
});

const codecs = {
  "five fields, one a Date": raceCodecs(Message, message(3), 20_000),
  "a hundred of these": raceCodecs(
    z.array(Message),
    Array.from({ length: 100 }, (_, i) => message(i)),
    200,
  ),
};

const hostile: Record<string, ReturnType<typeof measureFamily>> = {};
for (const [name, write] of Object.entries(families)) {
  measureFamily(write); // once to warm up
  hostile[name] = measureFamily(write);
  console.log(name, hostile[name].at(-1));
}

// What is refused at once is cheap at any size: one Set of a megabyte of colliding numbers is.
const flood = text(collidingNumbers(50_000), ["set"]);
const refusedUs = elapsedUs(() => {
  try {
    decodeStranger(JSON.parse(flood));
  } catch (error) {
    if (!(error instanceof ValueCodecError)) throw error;
  }
});

const us = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(2));
const lines = [
  "# What decoding costs",
  "",
  "µs of the processor per call, median of 11 rounds",
  "",
];
for (const [name, races] of Object.entries(codecs)) {
  lines.push(`| ${name} | µs |`, "| --- | --- |");
  for (const samples of Object.values(races)) {
    for (const [version, rounds] of Object.entries(samples)) {
      lines.push(`| ${version} | ${us(median(rounds))} |`);
    }
  }
  lines.push("");
}
lines.push(
  `A Set of 50,000 colliding numbers is refused after ${(refusedUs / 1_000).toFixed(1)} ms, parsing included.`,
  "",
  'Hostile families: µs per KiB at 1 MiB, and exponents of time in bytes from 4 KiB to 1 MiB. "Served" is',
  "the whole way through a server with its default limits; a family with a star has more than",
  `${defaultLimits.maxJsonNodes.toLocaleString("en")} nodes at 1 MiB and is refused there.`,
  "",
  "| family | served | its slope | the parser's slope | scan | parse | decode | superjson |",
  "| --- | --- | --- | --- | --- | --- | --- | --- |",
);
const exponents: number[] = [];
for (const [name, samples] of Object.entries(hostile)) {
  const last = samples.at(-1)!;
  const kib = last.bytes / 1_024;
  const served = slope(samples.map(({ bytes, serveUs }) => [bytes, serveUs]));
  const parser = slope(samples.map(({ bytes, parseUs }) => [bytes, parseUs]));
  exponents.push(served);
  const stock = samples.filter(({ superjsonUs }) => superjsonUs !== undefined).at(-1)!;
  const stockUs = us(stock.superjsonUs! / (stock.bytes / 1_024));
  const stockSize = stock === last ? "" : ` at ${Math.round(stock.bytes / 1_024)} KiB`;
  const star = last.served ? "" : " *";
  lines.push(
    `| ${name}${star} | ${us(last.serveUs / kib)} | ${us(served)} | ${us(parser)} | ${us(last.scanUs / kib)} | ${us(last.parseUs / kib)} | ${us(last.decodeUs / kib)} | ${stockUs}${stockSize} |`,
  );
}
const overall = exponents.reduce((sum, one) => sum + one, 0) / exponents.length;
lines.push("", `The exponent of all families together: ${us(overall)}.`);

const results = new URL("./results/", import.meta.url);
mkdirSync(results, { recursive: true });
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const machine = { node: process.version, cpu: cpus()[0]?.model, cores: cpus().length };
writeFileSync(
  new URL("decode-cost.json", results),
  `${JSON.stringify({ machine, commit, codecs, hostile }, null, 1)}\n`,
);
writeFileSync(new URL("decode-cost.md", results), `${lines.join("\n")}\n`);
console.log(lines.join("\n"));
