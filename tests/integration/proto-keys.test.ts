/** `__proto__` in what a client sends: no key of anything, and no way to a prototype. */
import { query } from "@tautline/contracts";
import { implement, transformer } from "@tautline/server";
import { settled } from "@tautline/testing";
import { initTRPC } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, decoded, startService, told } from "./line.js";

// Copies fields one by one, as applications do: this is what the key is after.
const copy = (input: unknown) => {
  const target: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input as object)) target[key] = value;
  return "isAdmin" in target;
};

const t = initTRPC.create({ transformer });
const contractRouter = implement({
  isAdmin: query({ input: z.unknown(), output: z.boolean() }),
}).router({ isAdmin: ({ input }) => copy(input) });
const handWritten = t.router({
  isAdmin: t.procedure.input((input: unknown) => input).query(({ input }) => copy(input)),
});

const trap = (id: number, key = "__proto__") =>
  `{"id":${id},"method":"query","params":{"path":"isAdmin","input":{"json":{"${key}":{"isAdmin":true}}}}}`;

describe.each([
  ["a contract's", contractRouter],
  ["a hand-written", handWritten],
] as const)("%s router", (_whose, router) => {
  it.each(["__proto__", "\\u005f_pr\\u006fto__"])(
    "never sees the key %s, and other messages of its frame are answered",
    async (key) => {
      await using service = startService({ router });
      const line = await service.connect();
      line.raw(`[${trap(1, key)},${JSON.stringify(call("query", 2, "isAdmin", {}))}]`);
      await settled();
      expect(told(line.about(1))).toEqual(["BAD_REQUEST"]);
      expect(decoded(line.about(1)[0]).message).toBe("Cannot accept the key `__proto__`");
      expect(told(line.about(2))).toEqual([false]);
      expect(line.closed).toBeUndefined();
    },
  );

  it("takes constructor and prototype for the ordinary keys they are", async () => {
    await using service = startService({ router });
    const line = await service.connect();
    const input = { constructor: { prototype: { isAdmin: true } }, prototype: 1 };
    line.raw(
      JSON.stringify(call("query", 1, "isAdmin")).replace(
        '"path"',
        `"input":{"json":${JSON.stringify(input)}},"path"`,
      ),
    );
    await settled();
    expect(told(line.about(1))).toEqual([false]);
    expect(Object.prototype).not.toHaveProperty("isAdmin");
  });
});

it("ends a connection that greets with it", async () => {
  await using service = startService({ router: contractRouter });
  const line = await service.connect({ hello: false });
  line.raw('{"method":"hello","version":1,"credentials":{"__proto__":"x"}}');
  await settled();
  expect(line.closed).toEqual({ code: 4500, reason: "Cannot accept the key `__proto__`" });
});
