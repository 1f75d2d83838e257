/**
 * The hash of a request: tells whether two sendings under one id are the same mutation.
 *
 * It is taken of the path and of the input as it was received, encoded (JSON with its annotations,
 * not yet decoded), so that nothing a schema does can change it. The order of an object's members
 * does not count: a client sends again what it sent, but under a `key` another tab, of an older
 * build perhaps, may say the same in another order.
 *
 * It is fast, and no defence. What it is compared with belongs to the same principal, so who makes
 * two inputs collide only gets the wrong one of two answers of their own. 53 bits, a whole number in
 * JSON, are plenty against accidents: only what is sent under the very same id is compared.
 *
 * Servers of two versions share a store while one replaces the other, so the numbers must never
 * change: a test holds some.
 */
import { createHash } from "node:crypto";

// Two lanes of 32 bits, as MurmurHash3's finalizer and its multipliers mix them.
// https://github.com/aappleby/smhasher/wiki/MurmurHash3
const prime1 = 0x85ebca6b;
const prime2 = 0xc2b2ae35;

// What a value begins with, so that no two kinds are alike: "1" and 1, [] and {}.
const tag = { absent: 1, null: 2, false: 3, true: 4, number: 5, string: 6, array: 7, object: 8 };

// The state is two variables of the module, not an object for each call: nothing is awaited between
// the first and the last write.
let lane1 = 0;
let lane2 = 0;

// Where native code begins to be faster than the loop.
const longChars = 1_024;

const double = new DataView(new ArrayBuffer(8)); // not a typed array: those differ in byte order

/**
 * Hashes a mutation.
 *
 * @param input JSON as it was parsed, or `undefined` where none was sent.
 * @returns a whole number from 0 to 2⁵³ − 1.
 */
export function hashRequest(path: string, input: unknown): number {
  lane1 = 0x9e3779b9;
  lane2 = 0x7f4a7c15;
  addString(path);
  addValue(input);
  const high = finish(lane1 ^ lane2) & 0x1fffff;
  const low = finish(lane2 + Math.imul(lane1, prime1));
  return high * 0x1_0000_0000 + low;
}

function add(word: number) {
  lane1 = Math.imul(lane1 ^ word, prime1);
  lane1 ^= lane1 >>> 15;
  lane2 = Math.imul(lane2 + word, prime2);
  lane2 ^= lane2 >>> 13;
}

/** Spreads every bit over the whole word. */
function finish(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), prime1);
  mixed = Math.imul(mixed ^ (mixed >>> 13), prime2);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function addString(text: string) {
  const { length } = text;
  add(tag.string);
  add(length);
  if (length > longChars) return addLongString(text);
  // As in `add`, two characters at a time; local, or each step would go by way of the memory.
  let one = lane1;
  let two = lane2;
  for (let at = 0; at < length; at += 2) {
    const next = at + 1 < length ? text.charCodeAt(at + 1) : 0;
    const word = text.charCodeAt(at) | (next << 16);
    one = Math.imul(one ^ word, prime1);
    one ^= one >>> 15;
    two = Math.imul(two + word, prime2);
    two ^= two >>> 13;
  }
  lane1 = one;
  lane2 = two;
}

// A megabyte takes 4 ms in the loop above, and 1 ms here.
function addLongString(text: string) {
  // Not as UTF-8, in which all lone surrogates are the same.
  const digest = createHash("sha256").update(text, "utf16le").digest();
  for (let at = 0; at < digest.length; at += 4) add(digest.readInt32BE(at));
}

function addValue(value: unknown) {
  switch (typeof value) {
    case "string":
      return addString(value);
    case "number":
      return addNumber(value);
    case "boolean":
      return add(value ? tag.true : tag.false);
    case "object":
      if (value === null) return add(tag.null);
      if (Array.isArray(value)) return addArray(value);
      return addObject(value as Record<string, unknown>);
    default:
      add(tag.absent);
  }
}

function addNumber(value: number) {
  add(tag.number);
  double.setFloat64(0, value + 0); // the sign of zero goes: JSON.stringify does not tell it
  add(double.getInt32(0));
  add(double.getInt32(4));
}

function addArray(items: readonly unknown[]) {
  add(tag.array);
  add(items.length);
  for (const item of items) addValue(item);
}

/** Each member is hashed by itself and the hashes are summed: a sum has no order. */
function addObject(members: Record<string, unknown>) {
  const outer1 = lane1;
  const outer2 = lane2;
  let sum1 = 0;
  let sum2 = 0;
  let count = 0;
  for (const name in members) {
    lane1 = prime1;
    lane2 = prime2;
    addString(name);
    addValue(members[name]);
    sum1 = (sum1 + finish(lane1)) | 0;
    sum2 = (sum2 + finish(lane2)) | 0;
    count++;
  }
  lane1 = outer1;
  lane2 = outer2;
  add(tag.object);
  add(count);
  add(sum1);
  add(sum2);
}
