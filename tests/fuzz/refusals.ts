/**
 * What the fuzzer has to have met: every sentence a server refuses with, every close code, every
 * HTTP status and every annotation. A refusal that no input reaches is one that nobody has tried.
 */
import { refusable, restorable } from "./values.js";

/** A sentence with what differs from one to the next taken out. */
export function normalised(sentence: string): string {
  return sentence
    .replace(/^Invalid input.*/s, "Invalid input …")
    .replace(/^\[\s.*/s, "… (zod's issues, by tRPC)")
    .replace(/^Duplicate id .*/s, "Duplicate id …")
    .replace(/"(?:[^"\\]|\\.)*"/g, "…")
    .replace(/\d[\d.]*/g, "N");
}

const messages = [
  "A frame must be JSON, PING or PONG",
  "Cannot accept JSON N levels deep: maxJsonDepth is N",
  "Cannot accept JSON of N values: maxJsonNodes is N",
  "Cannot accept the key `__proto__`",
  "A message must be an object",
  "`id` must be a number or a string of N to N characters",
  "`method` is not one this server knows",
  "`method` is not one of the base dialect",
  "`params` must be an object",
  "`params.path` must be a string",
  "`params.path` has N characters: maxPathLength is N",
  "`params.lastEventId` must be a string",
  "`deadlineMs` must be a number above N",
  "`jsonrpc` must be … or left out",
  "`count` must be a whole number above N",
  "`version` must be a whole number",
  "`credentials` must be an object of strings, or null",
  "`credentials` has N characters: N is the limit",
  "`client` must be a string",
  "`client` has N characters: N is the limit",
  "`contract` must be a string",
  "`contract` has N characters: N is the limit",
  "`data` must be an object of strings, or null",
  "`data` has N characters: N is the limit",
  "connectionParams belong in the first frame",
  "Expected hello",
  "Expected connectionParams",
];

const calls = [
  "No …-procedure on path …",
  "Invalid input …",
  "Duplicate id …",
  "More than N messages a second",
  "Cannot run more calls in flight: maxCallsInFlight is N",
  "Cannot run more calls in flight: maxCallsPerPrincipal is N",
  "Cannot run more subscriptions: maxSubscriptions is N",
  "Cannot hold more input of running calls than N characters",
  "Cannot send a result of N bytes: maxFrameBytes is N",
  "The caller cancelled",
  "The deadline of N ms has passed",
  "The reader is N events behind",
  "The credentials were refused",
  "Internal server error",
  "Admins only",
  "TAKEN",
];

const values = [
  "Cannot decode it: a value is { json, meta }",
  "Cannot decode it: `meta` is an object",
  "Cannot decode it: annotations are an object",
  "Cannot decode it: references are lists of paths",
  "Cannot decode it: a path is a string",
  "Cannot decode a reference in a circle at …",
  "Cannot decode the path …: nothing is there",
  "Cannot decode the path …: it leads to a prototype",
  "Cannot decode the path …: its escape is broken",
  "Cannot accept the annotation … at …",
  "Cannot decode … at …",
  "Cannot accept N numbers as keys at …: maxNumericKeys is N",
];

const closings = [
  "A second hello",
  "More than N bytes before the welcome",
  "Cannot speak version N: use N",
  "Cannot speak tautline.N: use tautline.N",
  "No hello within N ms",
  "No connectionParams within N ms",
  "Binary frames are not part of this version",
  "Could not authenticate",
];

const closeCodes = [1002, 1003, 1006, 1007, 1008, 1009, 4002, 4003, 4005, 4500, 4501, 4502];
const statuses = [400, 403, 404, 405, 408, 426, 431];
const errors = [
  ...["PARSE_ERROR", "BAD_REQUEST", "NOT_FOUND", "UNAUTHORIZED", "FORBIDDEN", "INVALID_INPUT"],
  ...["CANCELLED", "DEADLINE_EXCEEDED", "RATE_LIMITED", "TOO_MANY_CALLS", "OVERFLOW"],
  ...["PAYLOAD_TOO_LARGE", "INTERNAL", "TAKEN"],
];
// A value that does not fit is met under the annotations that can be refused for it.
const misfits = restorable.filter((name) => name !== "undefined");

/** Everything that has to be met, by the name it is counted under. */
export const required: readonly string[] = [
  ...errors.map((code) => `error ${code}`),
  ...[...messages, ...calls, ...values].map((sentence) => `says ${sentence}`),
  ...closings.map((reason) => `closes: ${reason}`),
  ...closeCodes.map((code) => `close ${code}`),
  ...statuses.map((status) => `HTTP ${status}`),
  ...restorable.map((name) => `annotation restored: ${name}`),
  ...misfits.map((name) => `annotation of what does not fit: ${name}`),
  ...refusable.map(([name]) => `annotation refused: ${name}`),
];
