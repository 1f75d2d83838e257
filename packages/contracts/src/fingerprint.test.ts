import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { clientCall } from "./client-call.js";
import { contract } from "./contract.js";
import { fingerprint } from "./fingerprint.js";
import { mutation, query, subscription } from "./procedure.js";
import type { Schema } from "./schema.js";
import { topic } from "./topic.js";

/** The hash of a contract whose one query answers with this. */
const hashOf = (output: Schema) => fingerprint(contract({ a: query({ output }) })).hash;

describe("fingerprint", () => {
  it("is sixteen hexadecimal digits, for the whole and for each procedure", () => {
    const app = contract({
      a: query({ output: z.string() }),
      b: { c: query({ output: z.date() }) },
    });
    const { hash, procedures } = fingerprint(app);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect([...procedures.keys()]).toEqual(["a", "b.c"]);
    for (const digest of procedures.values()) expect(digest).toMatch(/^[0-9a-f]{16}$/);
  });

  it("is the same from one process to the next", () => {
    expect(fingerprint(contract({})).hash).toBe("9747b28c811c9dc5");
    expect(hashOf(z.string())).toBe(hashOf(z.string()));
  });

  it("does not depend on the order in which keys were written", () => {
    const shape = { a: z.string(), b: z.number().optional(), c: z.date(), d: z.object({}) };
    const names = Object.keys(shape) as (keyof typeof shape)[];
    const straight = hashOf(z.object(shape));
    fc.assert(
      fc.property(fc.shuffledSubarray(names, { minLength: names.length }), (order) => {
        const shuffled = Object.fromEntries(order.map((name) => [name, shape[name]]));
        expect(hashOf(z.object(shuffled))).toBe(straight);
      }),
    );
  });

  it("does not depend on what a schema says of itself to a reader", () => {
    const described = z.object({ a: z.string().describe("A name.") }).meta({ title: "Person" });
    expect(hashOf(described)).toBe(hashOf(z.object({ a: z.string() })));
    const title = z.object({ title: z.string(), description: z.string() });
    expect(hashOf(title)).not.toBe(hashOf(z.object({})));
    expect(hashOf(title)).not.toBe(hashOf(title.extend({ title: z.number() })));
  });

  it("does not depend on the order of procedures and errors", () => {
    const one = query({ output: z.string() });
    const two = query({ output: z.number() });
    expect(fingerprint(contract({ one, two })).hash).toBe(fingerprint(contract({ two, one })).hash);

    const [x, y] = [z.object({ x: z.string() }), z.object({ y: z.string() })];
    const output = z.string();
    const straight = contract({ a: query({ output, errors: { X: x, Y: y } }) });
    const turned = contract({ a: query({ output, errors: { Y: y, X: x } }) });
    expect(fingerprint(straight).hash).toBe(fingerprint(turned).hash);
  });

  it("differs for whatever a peer could trip over", () => {
    const output = z.object({ at: z.string() });
    const input = z.object({ id: z.string() });
    const versions = {
      start: query({ input, output }),
      "another kind": mutation({ input, output }),
      "a stream": subscription({ input, output }),
      "a tracked stream": subscription({ input, output, tracked: true }),
      "no input": query({ output }),
      "another input": query({ input: z.object({ id: z.number() }), output }),
      "an optional key": query({ input: z.object({ id: z.string().optional() }), output }),
      "another output": query({ input, output: z.object({ at: z.date() }) }),
      "an error": query({ input, output, errors: { GONE: z.object({}) } }),
      "another error": query({ input, output, errors: { AWAY: z.object({}) } }),
      "other error data": query({ input, output, errors: { GONE: z.object({ a: z.string() }) } }),
    };
    const hashes = Object.values(versions).map((a) => fingerprint(contract({ a })).hash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("tells apart the types that JSON Schema has no word for", () => {
    const types = [
      z.date(),
      z.map(z.string(), z.string()),
      z.set(z.string()),
      z.bigint(),
      z.undefined(),
      z.unknown(),
    ];
    expect(new Set(types.map(hashOf)).size).toBe(types.length);
    expect(hashOf(z.object({ at: z.date() }))).not.toBe(hashOf(z.object({ at: z.bigint() })));
  });

  it("names only the procedures that changed", () => {
    const before = fingerprint(
      contract({ a: query({ output: z.string() }), b: query({ output: z.string() }) }),
    );
    const after = fingerprint(
      contract({ a: query({ output: z.string() }), b: query({ output: z.number() }) }),
    );
    expect(after.procedures.get("a")).toBe(before.procedures.get("a"));
    expect(after.procedures.get("b")).not.toBe(before.procedures.get("b"));
    expect(after.hash).not.toBe(before.hash);
  });

  it("depends on a procedure's name in the whole, not in its own digest", () => {
    const a = query({ output: z.string() });
    const here = fingerprint(contract({ here: a }));
    const there = fingerprint(contract({ there: a }));
    expect(here.hash).not.toBe(there.hash);
    expect(here.procedures.get("here")).toBe(there.procedures.get("there"));
  });

  it("leaves topics and client calls out: this version serves neither", () => {
    const a = query({ output: z.string() });
    const more = { t: topic({ data: z.string() }), page: clientCall({ output: z.string() }) };
    expect(fingerprint(contract({ a, ...more })).hash).toBe(fingerprint(contract({ a })).hash);
  });

  it("takes schemas of other libraries for equal: they say nothing of themselves", () => {
    expect(hashOf(v.string())).toBe(hashOf(v.number()));
    expect(hashOf(v.string())).not.toBe(hashOf(z.string()));
  });

  it("takes a schema for unknown whose conversion throws", () => {
    const throwing = {
      "~standard": {
        version: 1,
        vendor: "own",
        validate: (value: unknown) => ({ value }),
        jsonSchema: {
          input: () => {
            throw new Error("no words for it");
          },
          output: () => {
            throw new Error("no words for it");
          },
        },
      },
    };
    expect(hashOf(throwing as Schema)).toBe(hashOf(v.string()));
  });

  it("follows recursive schemas", () => {
    const Node = z.object({
      get children() {
        return z.array(Node);
      },
    });
    const Leaf = z.object({ children: z.array(z.object({})) });
    expect(hashOf(Node)).not.toBe(hashOf(Leaf));
  });

  it("carries the contract's revision, which is no part of the hash", () => {
    const a = query({ output: z.string() });
    const revised = fingerprint(contract({ a }, { revision: 3 }));
    expect(revised.revision).toBe(3);
    expect(revised.hash).toBe(fingerprint(contract({ a })).hash);
    expect(fingerprint(contract({ a })).revision).toBeUndefined();
  });
});
