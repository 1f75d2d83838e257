/** Errors in every position: what the caller is told, in whose words, and what `onError` hears. */
import { until } from "@tautline/testing";
import { TRPCClientError } from "@trpc/client";
import { TRPCError } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { failure, follow } from "./clients.js";
import { allServers, dropIns, inPairings, inWorlds, startWorld } from "./world.js";

inWorlds(allServers, (pairing, transformer) => {
  const start = () => startWorld(pairing, { transformer });
  // createServer tells strangers nothing of what broke; the drop-in keeps tRPC's ways.
  const masks = pairing.server === "createServer";

  describe("a call fails with what", () => {
    it("the handler threw, in the shape of the router's formatter", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.forbidden.query());
      expect(error).toBeInstanceOf(TRPCClientError);
      expect(error.message).toBe("not you");
      expect(error.data).toEqual({
        code: "FORBIDDEN",
        httpStatus: 403,
        path: "fail.forbidden",
        note: "formatted FORBIDDEN",
      });
      expect(error.shape.code).toBe(-32003);
      expect(world.server.told).toMatchObject([
        {
          message: "not you",
          code: "FORBIDDEN",
          type: "query",
          path: "fail.forbidden",
          user: null,
        },
      ]);
    });

    it("was no TRPCError", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.bug.query());
      expect(error.message).toBe(masks ? "Internal server error" : "connect ECONNREFUSED");
      expect(error.data.code).toBe("INTERNAL_SERVER_ERROR");
      const text = await failure(world.api.fail.text.query());
      expect(text.message).toBe(masks ? "Internal server error" : "just a text");
      expect(world.server.told.map(({ message }) => message)).toEqual([
        "connect ECONNREFUSED",
        "just a text",
      ]);
    });

    it("its schema refuses", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.input.query({ n: "one" as never }));
      expect(error.data).toMatchObject({
        code: "BAD_REQUEST",
        httpStatus: 400,
        path: "fail.input",
      });
      expect(error.message).toContain("expected number");
      expect(world.server.told).toMatchObject([{ code: "BAD_REQUEST", input: { n: "one" } }]);
    });

    it("its output is not", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.output.query());
      expect(error.data.code).toBe("INTERNAL_SERVER_ERROR");
      expect(error.message).toBe(masks ? "Internal server error" : "Output validation failed");
    });

    it("a middleware threw", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.step.query());
      expect([error.message, error.data.code]).toEqual(["no further", "UNAUTHORIZED"]);
    });

    it("the procedure's own errors say", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.own.mutate());
      expect(error.data).toMatchObject({ code: "CONFLICT", taken: { by: "Ana" } });
    });

    it("can not be sent as an answer", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.unsendable.query());
      expect(error.data.code).toBe("INTERNAL_SERVER_ERROR");
      expect(error.message).toBe(masks ? "Internal server error" : "can not be sent");
      expect(await world.api.greet.query()).toBe("Hello world");
    });

    it("is a stream, and it is no subscription", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.stream.query());
      expect(error.data.code).toBe("UNSUPPORTED_MEDIA_TYPE");
      if (masks) return;
      expect(error.message).toBe(
        "Cannot return an async iterable or observable from a query procedure with WebSockets",
      );
    });

    it("nobody knows: a path, or the wrong kind of one", async () => {
      await using world = await start();
      const api = world.api as any;
      for (const call of [api.nowhere.query(), api.greet.mutate(), api.constructor.query()]) {
        const error = await failure(call);
        expect(error.data.code).toBe("NOT_FOUND");
      }
      const error = await failure(api.nowhere.query());
      expect(error.message).toBe('No "query"-procedure on path "nowhere"');
    });

    it("the formatter broke over: it is still answered", async () => {
      await using world = await start();
      const error = await failure(world.api.fail.formatter.query());
      expect(error.message).toBe("Internal server error");
      expect(error.data.code).toBe("INTERNAL_SERVER_ERROR");
      expect(error.data.note).toBeUndefined();
      expect(world.server.told.map(({ message }) => message)).toContain("the formatter is broken");
    });
  });

  describe("a subscription", () => {
    it("that fails before it starts tells the error alone", async () => {
      await using world = await start();
      const { told } = follow(world.api.failing.atOnce);
      await until(() => told.length > 0);
      expect(await world.api.greet.query()).toBe("Hello world");
      expect(told).toEqual(["failed: not this one"]);
    });

    it("that fails before its first event has started", async () => {
      await using world = await start();
      const { told } = follow(world.api.failing.beforeTheFirst);
      await until(() => told.length > 1);
      expect(await world.api.greet.query()).toBe("Hello world");
      expect(told).toEqual(["started", "failed: before the first"]);
    });

    it("that fails between two events tells the first, and is cleaned up", async () => {
      await using world = await start();
      const { told } = follow(world.api.failing.between);
      await until(() => told.length > 2);
      expect(told).toEqual(["started", 1, "failed: after the first"]);
      expect(world.stage.story).toEqual(["cleaned up"]);
      expect(world.server.told).toMatchObject([
        { code: "CONFLICT", type: "subscription", path: "failing.between" },
      ]);
    });

    it("whose event can not be sent fails there", async () => {
      await using world = await start();
      const { told } = follow(world.api.failing.unsendable);
      await until(() => told.length > 2);
      const message = masks ? "Internal server error" : "can not be sent";
      expect(told).toEqual(["started", 1, `failed: ${message}`]);
    });

    it("that returns no events fails", async () => {
      await using world = await start();
      const { told } = follow(world.api.failing.nothing);
      await until(() => told.length > 0);
      const message = masks
        ? "Internal server error"
        : "Subscription failing.nothing did not return an observable or a AsyncGenerator";
      expect(told).toEqual([`failed: ${message}`]);
    });

    it("on a path that is none, or a query's, fails", async () => {
      await using world = await start();
      const nowhere = follow((world.api as any).nowhere);
      const query = follow((world.api as any).greet);
      await until(() => nowhere.told.length + query.told.length === 2);
      expect(nowhere.told).toEqual(['failed: No "subscription"-procedure on path "nowhere"']);
      expect(query.told).toEqual(['failed: No "subscription"-procedure on path "greet"']);
    });

    it("whose schema refuses the input fails", async () => {
      await using world = await start();
      const { told } = follow(world.api.count, { to: "three" });
      await until(() => told.length > 0);
      expect(told).toHaveLength(1);
      expect(told[0]).toContain("expected number");
    });
  });
});

inPairings(dropIns, (pairing) => {
  it("a client that may not come in is told so, for each of its calls", async () => {
    let refuse = () => {};
    await using world = await startWorld(pairing, {
      admit: () =>
        new Promise((_resolve, reject) => {
          refuse = () => reject(new TRPCError({ code: "UNAUTHORIZED", message: "Who are you?" }));
        }),
      // Long, so that it does not come back before this test has ended.
      client: { retryDelayMs: () => 60_000 },
    });
    const calls = [world.api.greet.query(), world.api.add.mutate("rope")];
    const failures = Promise.all(calls.map(failure));
    await until(() => world.server.frames.length > 0);
    refuse();
    expect((await failures).map(({ message }) => message)).toEqual([
      "Who are you?",
      "Who are you?",
    ]);
    expect(world.stage.story).toEqual([]);
    expect(world.server.told).toMatchObject([
      { message: "Who are you?", type: "unknown", path: undefined },
      { message: "Who are you?", type: "query", path: "greet" },
      { message: "Who are you?", type: "mutation", path: "add" },
    ]);
  });

  it("onError may throw or reject, and nothing happens", async () => {
    let calls = 0;
    await using world = await startWorld(pairing, {
      options: {
        onError() {
          if (calls++ === 0) throw new Error("onError is broken");
          return Promise.reject(new Error("onError is broken")) as never;
        },
      },
    });
    for (let n = 0; n < 3; n++) {
      expect((await failure(world.api.fail.forbidden.query())).message).toBe("not you");
    }
    expect(calls).toBe(3);
  });

  it("a clean-up that breaks is told to onError, and the client that it has stopped", async () => {
    await using world = await startWorld(pairing);
    const { told, unsubscribe } = follow(world.api.failing.cleanUp);
    await until(() => told.length === 2);
    unsubscribe();
    await until(() => world.server.told.length > 0);
    expect(world.server.told).toMatchObject([{ message: "the clean-up broke" }]);
    expect(told).toEqual(["started", 1, "complete"]);
  });
});
