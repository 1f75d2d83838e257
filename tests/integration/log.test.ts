/**
 * What the log says of clients that break rules: everything, and nothing so often that it could be
 * filled on purpose.
 */
import { query } from "@tautline/contracts";
import { implement, transformer } from "@tautline/server";
import { settled } from "@tautline/testing";
import { initTRPC } from "@trpc/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { call, type LogRecord, startService } from "./line.js";

const router = implement({
  echo: query({ input: z.string(), output: z.string() }),
}).router({ echo: ({ input }) => input });

const start = () => startService({ router, limits: { messageBurst: 50, messagesPerSecond: 1 } });

const said = (log: readonly LogRecord[], level: string) =>
  log.filter((record) => record.level === level).map(({ message }) => message);

describe("the log", () => {
  it("has every refused message at debug, with the client's words as fields", async () => {
    await using service = start();
    const line = await service.connect();
    const path = "no\nsuch\u0000thing";
    line.say(
      { id: 1, method: "dance" },
      { id: 2, method: "query", params: { path: 7 } },
      call("query", 3, path),
      call("query", 4, "echo", 7),
    );
    await settled();
    const refusals = service.log.filter(({ fields }) =>
      ["message.refused", "call.failed"].includes(fields.event),
    );
    expect(new Set(refusals.map(({ level }) => level))).toEqual(new Set(["debug"]));
    expect(refusals.map(({ fields }) => [fields.path, fields.code])).toEqual([
      ["", "BAD_REQUEST"],
      ["", "BAD_REQUEST"],
      [path, "NOT_FOUND"],
      ["echo", "BAD_REQUEST"],
    ]);
    for (const { message, fields } of refusals) {
      expect(message).not.toContain("\n");
      expect(fields.reason).toMatch(/./);
    }
    expect(said(service.log, "warn")).toEqual([]);
  });

  it("has no more of a failure than a sentence, however long tRPC makes it", async () => {
    const t = initTRPC.create({ transformer });
    const names = t.procedure.input(z.array(z.string())).query(({ input }) => input.length);
    await using service = startService({ router: t.router({ names }) });
    const line = await service.connect();
    line.say(call("query", 1, "names", new Array(1_000).fill(0)));
    await settled();
    const [failure] = service.log.filter(({ fields }) => fields.path === "names");
    expect(failure).toMatchObject({ level: "debug", fields: { code: "BAD_REQUEST" } });
    expect(failure?.fields.reason.length).toBeLessThan(250);
  });

  it("warns of the first frame that can not be read, and of no more where they go on", async () => {
    await using service = start();
    const line = await service.connect({ dialect: "base" });
    for (let n = 0; n < 20; n++) line.raw("{");
    await settled();
    expect(line.heard).toHaveLength(20);
    const levels = service.log
      .filter(({ fields }) => fields.event === "frame.unreadable")
      .map(({ level }) => level);
    expect(levels).toEqual(["warn", ...new Array(19).fill("debug")]);
  });

  it.each<[number, "warn" | "info" | "debug", string]>([
    [1003, "warn", "binary"],
    [4003, "warn", "flood"],
    [4500, "warn", "hello"],
    [4002, "info", "silence"],
    [4000, "debug", "leave"],
  ])("says %i at %s", async (code, level, deed) => {
    await using service = start();
    const line = await service.connect({ hello: deed !== "silence" });
    if (deed === "binary") line.socket.send(new Uint8Array(1));
    if (deed === "flood") for (let n = 0; n < 200; n++) line.raw("PONG");
    if (deed === "hello") line.say({ method: "hello", version: 1 });
    if (deed === "silence") await service.clock.advanceAsync(6_000);
    if (deed === "leave") line.socket.close(4_000, "");
    await settled();
    const record = service.log.find(({ fields }) => fields.code === code);
    expect(record?.level).toBe(level);
  });
});
