/**
 * Frames as transcripts write them: compared as JSON where they are JSON, as text otherwise, and
 * with names for what can not be written down.
 */
import { fingerprint } from "@tautline/contracts";
import { expect } from "vitest";
import { app } from "./app.js";
import type { Names } from "./names.js";

type Frame = string | Uint8Array;

/** What is random, and sentences that only people read: any text of that form is right. */
const placeholders: readonly (readonly [name: string, form: RegExp, example: string])[] = [
  ["<uuid>", /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, "5b0c1f7e-9a33-4204-8d2e-3c1f0e9a7b65"],
  ["<sentence>", /^[A-Z`].+$/, "A sentence for people"],
];

// Fingerprints change with every word of the contract and with zod's JSON Schemas, so
// transcripts write the one that PROTOCOL.md prints, and names for those of procedures.
const { hash, procedures } = fingerprint(app);
const fingerprints: readonly (readonly [written: string, real: string])[] = [
  ["5b0c1f7e9a33d204", hash],
  ...[...procedures].map(([path, digest]) => [`<hash of ${path}>`, digest] as const),
];

/**
 * Holds frames that were heard to the one that was written down. How messages share frames is not
 * promised, nor an order between calls; the order of messages about one call is. PROTOCOL.md §1
 */
export function expectFrames(heard: readonly Frame[], written: Frame, line: number, names: Names) {
  const told = heard.flatMap((frame) => messagesOf(asWritten(frame, names)));
  expect(byCall(told), `line ${line}`).toEqual(byCall(messagesOf(written).map(pattern)));
}

/** The messages of a frame; a frame that is no JSON is one by itself. */
export function messagesOf(frame: Frame): unknown[] {
  const value = readable(frame);
  return Array.isArray(value) ? value : [value];
}

// Stable, so the messages under one id keep their order.
function byCall(messages: readonly unknown[]) {
  const idOf = (message: any) => String(message?.id ?? "");
  return [...messages].sort((a, b) => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0));
}

/** The frame to send where `written` stands. */
export function toSend(written: Frame, names: Names): Frame {
  if (typeof written !== "string") return written;
  const known = fingerprints.reduce((text, [name, real]) => text.replaceAll(name, real), written);
  const named = names.toSend(known);
  return placeholders.reduce((text, [name, , example]) => text.replaceAll(name, example), named);
}

function asWritten(heard: Frame, names: Names): Frame {
  if (typeof heard !== "string") return heard;
  for (const message of messagesOf(heard)) names.learn(message);
  const named = names.asWritten(heard);
  return fingerprints.reduce((text, [name, real]) => text.replaceAll(real, name), named);
}

/** A frame as JSON, if it is. */
function readable(frame: Frame): unknown {
  if (typeof frame !== "string") return frame;
  try {
    return JSON.parse(frame);
  } catch {
    return frame;
  }
}

/** What is written, with matchers in place of placeholders. */
export function pattern(value: unknown): unknown {
  for (const [name, form] of placeholders) if (value === name) return expect.stringMatching(form);
  if (Array.isArray(value)) return value.map(pattern);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, pattern(part)]));
}
