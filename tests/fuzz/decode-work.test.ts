/**
 * The work of decoding, counted: how often the decoder reads, writes or lists anything of what was
 * parsed. Unlike time it is the same on every machine, and it has to grow with the bytes and no
 * faster, whatever they are. bench/decode-cost.ts has the time.
 */
import { ValueCodecError } from "@tautline/contracts/wire";
import { compileDecoder } from "@tautline/contracts/wire/schema-codec";
import { describe, expect, it } from "vitest";
import { families } from "../../bench/decode-cost-families.js";
import { createRandom } from "./random.js";
import { anyInput } from "./values.js";

const decode = compileDecoder();

/** Counts what happens to a parsed value, to whatever depth. */
function createCounter() {
  let work = 0;
  const views = new WeakMap<object, object>();
  const handler: ProxyHandler<object> = {
    get(target, key) {
      work++;
      return view(Reflect.get(target, key));
    },
    set(target, key, value) {
      work++;
      return Reflect.set(target, key, value);
    },
    ownKeys(target) {
      const keys = Reflect.ownKeys(target);
      work += keys.length;
      return keys;
    },
    getOwnPropertyDescriptor(target, key) {
      work++;
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
  };
  // What the decoder made itself, a Map or a Date, is no business of the counter.
  function view(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
    const known = views.get(value) ?? new Proxy(value, handler);
    views.set(value, known);
    return known;
  }
  return { view, work: () => work };
}

/** What decoding a text comes to, in reads and writes. A refusal is an end like any other. */
function workOf(text: string): number {
  const counter = createCounter();
  try {
    decode(counter.view(JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof ValueCodecError)) throw error;
  }
  return counter.work();
}

describe("the work of decoding", () => {
  const sizes = [16_384, 65_536, 262_144];

  it.each(Object.entries(families))("grows with the bytes and no faster: %s", (_name, write) => {
    const points = sizes.map((size) => {
      const text = write(size);
      return { bytes: text.length, work: workOf(text) };
    });
    const [first, last] = [points[0]!, points.at(-1)!];
    const exponent = Math.log(last.work / first.work) / Math.log(last.bytes / first.bytes);
    expect(exponent).toBeLessThan(1.05);
    for (const { bytes, work } of points) expect(work).toBeLessThan(4 * bytes);
  });

  it("is bounded by the bytes for anything that the fuzzer writes", () => {
    for (let turn = 0; turn < 10_000; turn++) {
      const text = JSON.stringify(anyInput(createRandom(7, turn))) ?? "null";
      // Looking at the envelope costs some reads, however short it is.
      expect(workOf(text), text).toBeLessThan(4 * text.length + 20);
    }
  });
});
