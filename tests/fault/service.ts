/**
 * The service under fault. Whatever it does is numbered, so that what was lost, doubled or invented
 * can be told afterwards.
 */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { z } from "zod";

const Ask = z.object({
  /** The caller's own name for this call, in histories too. */
  call: z.string(),
});
const Done = z.object({
  call: z.string(),
  /** How often it has run now. */
  attempt: z.int(),
  /** The process it ran in. */
  ranIn: z.string(),
});

/** The contract. */
export const service = contract({
  /** Adds a line to a file. */
  append: mutation({ input: Ask, output: Done }),
  /** The same, and may be done again. */
  appendAgain: mutation({ input: Ask, output: Done, repeat: "safe" }),
  /** Adds a line, and answers only after a while. */
  slow: mutation({ input: Ask.extend({ ms: z.int() }), output: Done }),
  echo: query({ input: z.string(), output: z.string() }),
  /** Letters that say where they stand: a missing or doubled part shows. */
  letters: query({ input: z.object({ count: z.int() }), output: z.string() }),
  /** A generator without positions: counts from 1, at the server's beat, up to `last`. */
  ticks: subscription({
    input: z.object({ subscriber: z.string(), last: z.int().optional() }),
    output: z.object({ run: z.string(), n: z.int(), check: z.int() }),
  }),
  /** Counts by itself, as fast as it may, 16 KiB at a time. */
  pages: subscription({
    input: z.object({ subscriber: z.string() }),
    output: z.object({ run: z.string(), n: z.int(), check: z.int(), page: z.string() }),
  }),
  /** The file of numbered entries, from the first one or behind the last that one has. */
  log: subscription({ output: z.object({ n: z.int(), check: z.int() }), tracked: true }),
});

/** The name of the log's stream and epoch: it is one file, which survives its server. */
export const logName = "log";

/** What an event's payload must be: a number that no other offset nearby has. */
export const checkOf = (n: number) => (n * 7_919) % 10_007;

/** What `letters` answers. */
export function lettersOf(count: number): string {
  let text = "";
  for (let n = 0; text.length < count; n++) text += `${n},`;
  return text.slice(0, count);
}
