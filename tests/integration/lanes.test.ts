import type { Dialect } from "@tautline/contracts/wire";
import { settled } from "@tautline/testing";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import superjson from "superjson";
import { describe, expect, it } from "vitest";
import { call, decoded, startService, told } from "./line.js";
import {
  amongOthers,
  contractRouter,
  createStage,
  type ServiceRouter,
  trpcRouter,
} from "./service.js";

/** The suite that both lanes pass: what a client sees does not depend on how a procedure runs. */
function describeLane(lane: string, router: ServiceRouter) {
  function start(options: { readonly router?: ServiceRouter; readonly user?: string } = {}) {
    const stage = createStage();
    const user = options.user ?? "ana";
    const service = startService({ router, ...options, createContext: () => ({ user, stage }) });
    return { ...service, stage };
  }

  describe.each<Dialect>(["full", "base"])(`the ${lane} lane in the %s dialect`, (dialect) => {
    const open = async (options: Parameters<typeof start>[0] = {}) => {
      const service = start(options);
      return { service, stage: service.stage, line: await service.connect({ dialect }) };
    };

    it.each<[string, "query" | "mutation", string, unknown, unknown]>([
      ["a text", "query", "greet", { name: "Ana" }, "Hello Ana"],
      [
        "dates and sets",
        "query",
        "nextDay",
        { at: new Date(0), tags: new Set(["a"]) },
        { at: new Date(86_400_000), tags: new Set(["a"]) },
      ],
      ["undefined for undefined", "query", "maybe", undefined, undefined],
      ["a value where undefined may be", "query", "maybe", "here", "here"],
      ["nothing", "mutation", "forget", undefined, undefined],
      ["what a nested name stands for", "mutation", "post.comment.add", { name: "B" }, "Hello B"],
      ["what the steps added to the context", "query", "whoami", undefined, "ana via step"],
    ])("answers with %s", async (_what, method, path, input, output) => {
      const { service, line } = await open();
      await using _ = service;
      expect(told(await line.ask(call(method, 1, path, input)))).toEqual([output]);
    });

    it("takes a missing input for undefined", async () => {
      const { service, line } = await open();
      await using _ = service;
      expect(told(await line.ask(call("query", 1, "maybe")))).toEqual([undefined]);
    });

    it.each<[string, "query" | "mutation", string, unknown, object]>([
      [
        "a declared error",
        "mutation",
        "fail.declared",
        undefined,
        {
          message: "TAKEN",
          code: -32022,
          data: {
            code: "UNPROCESSABLE_CONTENT",
            httpStatus: 422,
            path: "fail.declared",
            app: { code: "TAKEN", data: { by: "Ana", at: new Date(5) } },
          },
        },
      ],
      [
        "a refusal of the handler",
        "query",
        "fail.forbidden",
        undefined,
        {
          message: "Admins only",
          code: -32003,
          data: { code: "FORBIDDEN", httpStatus: 403, path: "fail.forbidden" },
        },
      ],
      [
        "an exception that nobody declared",
        "query",
        "fail.bug",
        undefined,
        {
          message: "Internal server error",
          code: -32603,
          data: {
            code: "INTERNAL_SERVER_ERROR",
            httpStatus: 500,
            path: "fail.bug",
            app: { code: "INTERNAL", data: { incidentId: expect.any(String) } },
          },
        },
      ],
      [
        "a result that can not be encoded",
        "query",
        "fail.nonsense",
        undefined,
        { message: "Internal server error", data: { app: { code: "INTERNAL" } } },
      ],
      [
        "an input that does not fit",
        "query",
        "greet",
        { name: "" },
        { code: -32600, data: { code: "BAD_REQUEST", httpStatus: 400, path: "greet" } },
      ],
      [
        "a path where nothing is",
        "query",
        "gone",
        undefined,
        {
          message: 'No "query"-procedure on path "gone"',
          code: -32004,
          data: { code: "NOT_FOUND", httpStatus: 404, path: "gone" },
        },
      ],
      [
        "a mutation asked as a query",
        "query",
        "forget",
        undefined,
        { message: 'No "query"-procedure on path "forget"', data: { code: "NOT_FOUND" } },
      ],
      [
        "a subscription asked as a mutation",
        "mutation",
        "forever",
        undefined,
        { message: 'No "mutation"-procedure on path "forever"', data: { code: "NOT_FOUND" } },
      ],
    ])("tells %s", async (_what, method, path, input, shape) => {
      const { service, line } = await open();
      await using _ = service;
      const answers = await line.ask(call(method, 1, path, input));
      expect(answers).toHaveLength(1);
      expect(decoded(answers[0])).toMatchObject(shape);
      // Nothing of what broke, and not where.
      expect(line.frames.join()).not.toMatch(/ECONNREFUSED|Cannot be sent|stack|\.ts/);
    });

    it("logs an undeclared exception under the id that the caller was told", async () => {
      const { service, line } = await open();
      await using _ = service;
      const [answer] = await line.ask(call("query", 1, "fail.bug"));
      expect(service.log.filter(({ level }) => level === "error")).toEqual([
        {
          level: "error",
          message: "A query failed: fail.bug",
          fields: {
            event: "handler.failed",
            kind: "query",
            path: "fail.bug",
            incidentId: decoded(answer).data.app.data.incidentId,
            err: expect.objectContaining({ message: "connect ECONNREFUSED db.internal:5432" }),
          },
        },
      ]);
    });

    it.each([
      ["text", "greet"],
      ["json", { json: { name: "A" }, meta: 5 }],
      [
        "an unknown annotation",
        { json: { name: "A" }, meta: { values: { name: ["class", "A"] } } },
      ],
      ["a path to nowhere", { json: { name: "A" }, meta: { values: { nobody: ["Date"] } } }],
      [
        "a path to __proto__",
        JSON.parse('{"json":{"name":"A"},"meta":{"values":{"__proto__":["Date"]}}}'),
      ],
    ])("refuses an input whose encoding is %s", async (_what, input) => {
      const { service, line } = await open();
      await using _ = service;
      const request = { id: 1, method: "query", params: { path: "greet", input } };
      expect(told(await line.ask(request))).toEqual(["BAD_REQUEST"]);
      expect(told(await line.ask(call("query", 2, "greet", { name: "A" })))).toEqual(["Hello A"]);
    });

    it("runs steps before it looks at the input, and they may refuse", async () => {
      const { service, stage, line } = await open({ user: "nobody" });
      await using _ = service;
      expect(told(await line.ask(call("query", 1, "greet", { name: "" })))).toEqual([
        "UNAUTHORIZED",
      ]);
      expect(told(await line.ask(call("subscription", 2, "count", { to: 1 })))).toEqual([
        "UNAUTHORIZED",
      ]);
      expect(stage.story).toEqual(["greet", "count"]);
    });

    it("answers calls that run at once in the order in which they are done", async () => {
      const { service, stage, line } = await open();
      await using _ = service;
      line.say(...["a", "b", "c"].map((name) => call("query", name, "wait", name)));
      await settled();
      for (const index of [1, 2, 0]) stage.waiting[index]!.finish("done");
      await settled();
      const answers = line.heard.filter(({ id }) => ["a", "b", "c"].includes(id));
      expect(answers.map(({ id }) => id)).toEqual(["b", "c", "a"]);
    });

    it("gives jsonrpc back where it was given", async () => {
      const { service, line } = await open();
      await using _ = service;
      const request = call("query", 1, "greet", { name: "A" });
      expect(await line.ask({ ...request, jsonrpc: "2.0" })).toMatchObject([{ jsonrpc: "2.0" }]);
      expect((await line.ask({ ...request, id: 2 }))[0]).not.toHaveProperty("jsonrpc");
    });

    it("aborts every handler when the connection ends", async () => {
      const { service, stage, line } = await open();
      await using _ = service;
      line.say(call("query", 1, "wait", "w"), call("subscription", 2, "forever"));
      await settled();
      line.network.cut();
      await settled();
      expect(stage.waiting[0]!.signal.reason).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
      expect(stage.story).toEqual(["wait", "forever", "start w", "start", "abort w", "end"]);
    });

    describe("subscriptions", () => {
      it("start, tell their events and stop", async () => {
        const { service, line } = await open();
        await using _ = service;
        const answers = await line.ask(call("subscription", 1, "count", { to: 3 }));
        expect(told(answers)).toEqual(["started", 1, 2, 3, "stopped"]);
      });

      it("go on after the last event that the client has", async () => {
        const { service, line } = await open();
        await using _ = service;
        const request = call("subscription", 1, "notes", { to: 3 });
        const first = await line.ask(request);
        expect(told(first).slice(1, -1)).toEqual(
          [1, 2, 3].map((n) => ({ id: String(n), data: { n, at: new Date(n) } })),
        );
        expect(first.map(({ result }) => result.id).slice(1, -1)).toEqual(["1", "2", "3"]);
        const params = { ...request.params, lastEventId: "2" };
        const again = await line.ask({ ...request, params });
        expect(again.map(({ result }) => result.id ?? result.type)).toEqual([
          "started",
          "3",
          "stopped",
        ]);
      });

      it.each([
        ["before they start", "failing.before", ["FORBIDDEN"]],
        ["while they run", "failing.during", ["started", 1, "TAKEN", "stopped"]],
        ["by a bug", "failing.bug", ["started", 1, "INTERNAL", "stopped"]],
      ])("may fail %s", async (_when, path, expected) => {
        const { service, line } = await open();
        await using _ = service;
        expect(told(await line.ask(call("subscription", 1, path)))).toEqual(expected);
      });

      it("tell the data of a declared error", async () => {
        const { service, line } = await open();
        await using _ = service;
        const answers = await line.ask(call("subscription", 1, "failing.during"));
        expect(decoded(answers[2])).toMatchObject({
          data: { app: { code: "TAKEN", data: { by: "Ana", at: new Date(5) } } },
        });
      });

      it("stop when told to, and free their id", async () => {
        const { service, stage, line } = await open();
        await using _ = service;
        for (const round of [1, 2]) {
          const begun = await line.ask(call("subscription", 1, "forever"));
          expect(told(begun)).toEqual(["started", 1]);
          const ended = await line.ask({ id: 1, method: "subscription.stop" });
          expect(told(ended)).toEqual(["stopped"]);
          expect(stage.story.filter((what) => what === "end")).toHaveLength(round);
        }
      });

      it("refuse a second one under their id, and go on", async () => {
        const { service, line } = await open();
        await using _ = service;
        await line.ask(call("subscription", 1, "forever"));
        const second = await line.ask(call("subscription", 1, "count", { to: 1 }));
        expect(told(second)).toEqual(["BAD_REQUEST"]);
        expect(told(await line.ask({ id: 1, method: "subscription.stop" }))).toEqual(["stopped"]);
      });
    });

    describe("among other routers", () => {
      it.each(["", "nested.deep.", "later."])("is found under %j", async (prefix) => {
        const { service, line } = await open({ router: amongOthers(router) as never });
        await using _ = service;
        const ask = async (method: "query" | "subscription", path: string, input?: unknown) =>
          told(await line.ask(call(method, path, prefix + path, input)));
        expect(await ask("query", "greet", { name: "A" })).toEqual(["Hello A"]);
        expect(await ask("query", "nextDay", { at: new Date(0) })).toEqual([
          { at: new Date(86_400_000) },
        ]);
        expect(await ask("query", "fail.forbidden")).toEqual(["FORBIDDEN"]);
        expect(await ask("query", "fail.bug")).toEqual(["INTERNAL"]);
        expect(await ask("subscription", "count", { to: 2 })).toEqual(["started", 1, 2, "stopped"]);
        expect(await ask("subscription", "failing.during")).toEqual([
          "started",
          1,
          "TAKEN",
          "stopped",
        ]);
        const request = call("subscription", 1, `${prefix}notes`, { to: 3 });
        const resumed = await line.ask({
          ...request,
          params: { ...request.params, lastEventId: "2" },
        });
        expect(resumed.map(({ result }) => result.id ?? result.type)).toEqual([
          "started",
          "3",
          "stopped",
        ]);
        expect(told(await line.ask(call("query", 2, "version")))).toEqual(["1.0"]);
      });
    });
  });

  describe(`the ${lane} lane in the full dialect only`, () => {
    it("keeps the deadline of a call on its own clock", async () => {
      await using service = start();
      const { stage } = service;
      const line = await service.connect();
      line.say(call("query", 1, "wait", "w", { deadlineMs: 50 }));
      await service.clock.advanceAsync(49);
      expect(line.about(1)).toEqual([]);
      await service.clock.advanceAsync(1);
      const [answer] = line.about(1);
      expect(decoded(answer)).toMatchObject({
        data: { code: "TIMEOUT", app: { code: "DEADLINE_EXCEEDED", data: { deadlineMs: 50 } } },
      });
      expect(stage.story).toContain("abort w");
      stage.waiting[0]!.finish("too late");
      await settled();
      expect(line.about(1)).toHaveLength(1);
    });

    it("cancels a call: its handler is aborted, and it is answered once", async () => {
      await using service = start();
      const line = await service.connect();
      await line.ask(call("query", 1, "wait", "w"));
      expect(told(await line.ask({ id: 1, method: "cancel" }))).toEqual(["CANCELLED"]);
      expect(service.stage.story).toContain("abort w");
      expect(await line.ask({ id: 1, method: "cancel" })).toEqual([]);
    });

    it("cancels a subscription as it is stopped", async () => {
      await using service = start();
      const line = await service.connect();
      await line.ask(call("subscription", 1, "forever"));
      expect(told(await line.ask({ id: 1, method: "cancel" }))).toEqual(["stopped"]);
      expect(service.stage.story).toEqual(["forever", "start", "end"]);
    });
  });

  describe(`the router of the ${lane} lane, without a line`, () => {
    const stage = createStage();
    const ctx = { user: "ana", stage };

    it("has a caller", async () => {
      const api = router.createCaller(ctx);
      expect(await api.greet({ name: "A" })).toBe("Hello A");
      expect(await api.whoami()).toBe("ana via step");
      expect(await api.nextDay({ at: new Date(0) })).toEqual({ at: new Date(86_400_000) });
      await expect(api.greet({ name: "" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
      await expect(api.fail.declared()).rejects.toMatchObject({
        code: "UNPROCESSABLE_CONTENT",
        message: "TAKEN",
      });
      const events: unknown[] = [];
      for await (const event of await api.notes({ to: 3, lastEventId: "1" } as never)) {
        events.push((event as unknown as unknown[]).slice(0, 2));
      }
      expect(events).toEqual([2, 3].map((n) => [String(n), { n, at: new Date(n) }]));
      await expect(async () => {
        for await (const _ of await api.failing.during());
      }).rejects.toMatchObject({ message: "TAKEN" });
    });

    it("hands a caller's signal to its handlers", async () => {
      const controller = new AbortController();
      const waiting = router.createCaller(ctx, { signal: controller.signal }).wait("w");
      await settled();
      controller.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
    });

    /** tRPC's own HTTP adapter, as curl would use it. */
    const request = async (path: string, init?: RequestInit) => {
      const response = await fetchRequestHandler({
        endpoint: "",
        req: new Request(`http://localhost/${path}`, init),
        router,
        createContext: () => ctx,
      });
      return { status: response.status, text: await response.text() };
    };
    const encode = (input: unknown) =>
      encodeURIComponent(JSON.stringify(superjson.serialize(input)));
    const post = { method: "POST", headers: { "content-type": "application/json" } };

    it("is served by tRPC's HTTP adapter, with the same errors", async () => {
      const greeting = await request(`greet?input=${encode({ name: "A" })}`);
      expect(JSON.parse(greeting.text)).toEqual({ result: { data: { json: "Hello A" } } });

      await using service = start();
      const line = await service.connect();
      for (const [method, path, status] of [
        ["mutation", "fail.declared", 422],
        ["query", "fail.forbidden", 403],
      ] as const) {
        const answer = await request(path, method === "mutation" ? post : {});
        expect(answer.status).toBe(status);
        const [overLine] = await line.ask(call(method, path, path));
        expect(JSON.parse(answer.text).error).toEqual(overLine.error);
      }
    });

    it("streams tracked events over HTTP, from where the reader was", async () => {
      const input = encode({ to: 3 });
      const headers = { accept: "text/event-stream", "last-event-id": "1" };
      const { text } = await request(`notes?input=${input}`, { headers });
      expect(text.match(/^id: .*$/gm)).toEqual(["id: 2", "id: 3"]);
    });
  });
}

describeLane("compiled", contractRouter as never);
describeLane("trpc", trpcRouter);
