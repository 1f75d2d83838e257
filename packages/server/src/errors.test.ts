import { mutation } from "@tautline/contracts";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Call } from "./call/call.js";
import { createLanes, encodeConnectionError } from "./call/lane.js";
import {
  appError,
  declaredError,
  incidentOf,
  isUndeclared,
  refusedWith,
  toErrorShape,
} from "./errors.js";
import { implement } from "./implement.js";
import { transformer } from "./transformer.js";
import { getTRPCErrorFromUnknown, initTRPC, TRPCError } from "./trpc.js";

const secret = () => new Error("connect ECONNREFUSED db.internal:5432");

describe("the shape of an error", () => {
  it("of a declared one has its code and data", () => {
    const error = declaredError("OUT_OF_STOCK", { available: 1 });
    expect(toErrorShape(error, "orders.place")).toEqual({
      message: "OUT_OF_STOCK",
      code: -32022,
      data: {
        code: "UNPROCESSABLE_CONTENT",
        httpStatus: 422,
        path: "orders.place",
        app: { code: "OUT_OF_STOCK", data: { available: 1 } },
      },
    });
  });

  it("of one of Tautline's own has its code and data", () => {
    const error = appError("TOO_MANY_CALLS", { limit: 64 }, "Cannot run more");
    expect(toErrorShape(error, "a")).toMatchObject({
      message: "Cannot run more",
      data: {
        code: "TOO_MANY_REQUESTS",
        httpStatus: 429,
        app: { code: "TOO_MANY_CALLS", data: { limit: 64 } },
      },
    });
  });

  it("of a TRPCError that somebody threw has its code and message", () => {
    const error = new TRPCError({ code: "FORBIDDEN", message: "Admins only" });
    expect(toErrorShape(error, "a")).toEqual({
      message: "Admins only",
      code: -32003,
      data: { code: "FORBIDDEN", httpStatus: 403, path: "a" },
    });
  });

  it.each([
    ["a path that is not known", undefined],
    ["what had none", ""],
  ])("leaves out %s", (_what, path) => {
    const { data } = toErrorShape(new TRPCError({ code: "NOT_FOUND" }), path);
    expect(data).toEqual({ code: "NOT_FOUND", httpStatus: 404 });
  });
});

describe("an undeclared exception", () => {
  class Strange extends Error {
    password = "hunter2";
  }

  it.each<[string, unknown]>([
    ["an Error", secret()],
    ["an Error of a class of its own", new Strange("hunter2")],
    ["a string", "hunter2"],
    ["an object", { password: "hunter2" }],
    ["an object without prototype", Object.create(null)],
    ["null", null],
    ["undefined", undefined],
    ["a function", () => "hunter2"],
    [
      "a TRPCError that only wraps it",
      new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: secret() }),
    ],
    ["a TRPCError without a word", new TRPCError({ code: "INTERNAL_SERVER_ERROR" })],
  ])("that is %s tells no stranger what broke", (_what, thrown) => {
    const error = getTRPCErrorFromUnknown(thrown);
    expect(isUndeclared(error)).toBe(true);
    expect(toErrorShape(error, "a")).toEqual({
      message: "Internal server error",
      code: -32603,
      data: {
        code: "INTERNAL_SERVER_ERROR",
        httpStatus: 500,
        path: "a",
        app: { code: "INTERNAL", data: { incidentId: incidentOf(error) } },
      },
    });
  });

  it("keeps its incident's id, and shares it with no other", () => {
    const [one, other] = [getTRPCErrorFromUnknown("a"), getTRPCErrorFromUnknown("a")];
    expect(incidentOf(one)).toBe(incidentOf(one));
    expect(incidentOf(one)).not.toBe(incidentOf(other));
  });

  it("is none that somebody threw with a message for the caller", () => {
    const error = new TRPCError({ code: "INTERNAL_SERVER_ERROR", message: "Try again at noon" });
    expect(isUndeclared(error)).toBe(false);
    expect(toErrorShape(error, "a").message).toBe("Try again at noon");
  });
});

describe("both lanes", () => {
  const contractRouter = implement({ place: mutation({ output: z.string() }) }).router({
    place: () => "placed",
  });
  const t = initTRPC.create({ transformer, isDev: true }); // as on a developer's machine
  const written = t.router({ place: t.procedure.mutation(() => "placed") });

  const shapes = (error: TRPCError) =>
    [contractRouter, written].map((router) => {
      const call = new Call({ type: "mutation", path: "place", ctx: {}, rawInput: 1 });
      const text = createLanes(router)("place").encodeError(error, call);
      return transformer.deserialize(JSON.parse(text));
    });

  it.each([
    ["declared", declaredError("OUT_OF_STOCK", { at: new Date(5), map: new Map([[1, 2n]]) })],
    ["Tautline's own", appError("CANCELLED", undefined, "The caller cancelled")],
    ["TRPCError", new TRPCError({ code: "FORBIDDEN", message: "Admins only" })],
    ["undeclared", getTRPCErrorFromUnknown(secret())],
  ])("give a %s error the same shape, without a stack", (_kind, error) => {
    const [compiled, trpc] = shapes(error);
    expect(compiled).toEqual(toErrorShape(error, "place"));
    expect(trpc).toEqual(compiled);
    expect(JSON.stringify([compiled, trpc])).not.toMatch(/stack|ECONNREFUSED|\.ts:/);
  });
});

describe("a failure that belongs to no call", () => {
  it("is not shown to the router's errorFormatter, and speaks its transformer", () => {
    const t = initTRPC.create({ transformer, errorFormatter: () => expect.unreachable() });
    const text = encodeConnectionError(t.router({}), new TRPCError({ code: "UNAUTHORIZED" }));
    expect(JSON.parse(text)).toEqual({
      json: {
        message: "UNAUTHORIZED",
        code: -32001,
        data: { code: "UNAUTHORIZED", httpStatus: 401 },
      },
    });
    const plain = encodeConnectionError(
      initTRPC.create().router({}),
      new TRPCError({ code: "UNAUTHORIZED" }),
    );
    expect(JSON.parse(plain)).toMatchObject({ message: "UNAUTHORIZED" });
  });
});

describe("what a stranger's message is refused with", () => {
  it("has no stack: looking for it would cost more than the answer", () => {
    for (const error of [appError("CANCELLED", undefined, "x"), refusedWith("BAD_REQUEST", "x")]) {
      expect(error.stack?.split("\n")).toHaveLength(1);
      expect(error.message).toBe("x");
    }
  });

  it("leaves the stacks of other errors alone", () => {
    refusedWith("BAD_REQUEST", "x");
    expect(new Error("ours").stack).toContain("errors.test.ts");
    expect(declaredError("TAKEN", {}).stack).toContain("errors.test.ts");
  });
});
