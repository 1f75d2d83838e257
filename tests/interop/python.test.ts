/** A client that shares no line with ours: what PROTOCOL.md says is all that it knows. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startService } from "./service.js";

const run = promisify(execFile);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

type Service = Awaited<ReturnType<typeof startService>>;
let service: Service;
/** What the client reported, by step. */
let report: ReadonlyMap<string, Record<string, unknown>>;

beforeAll(async () => {
  service = await startService();
  const python = await findPython();
  const lines: string[] = [];
  for (const script of ["client.py", "session.py"]) {
    const { stdout } = await run(python, ["-B", here(script), service.url], { timeout: 30_000 });
    lines.push(...stdout.trim().split("\n"));
  }
  report = new Map(
    lines.map((line) => {
      const { step, ...found } = JSON.parse(line) as { step: string };
      return [step, found];
    }),
  );
}, 300_000); // where Python's module is missing, it is installed

afterAll(() => service.close());

/** Finds a Python with the module it needs, or installs that. */
async function findPython() {
  const script = here("../../scripts/ensure-python-websocket.mjs");
  const { stdout } = await run(process.execPath, [script]);
  return stdout.trim();
}

const found = (step: string) => report.get(step);

describe.each(["full", "base"])("a client in Python, in the %s dialect", (dialect) => {
  const incident = { id: "i1", title: "Disk full", openedAt: "2026-11-22T08:00:00+00:00" };

  it("asks a query and understands the Date in its answer", () => {
    expect(found(`${dialect} query`)).toEqual({ got: incident });
  });

  it("sends a Date that the server understands", () => {
    expect(found(`${dialect} date`)).toEqual({ hours: 1 });
  });

  it("is told a declared error, with the Date in it", () => {
    expect(found(`${dialect} declared error`)).toEqual({
      code: "UNPROCESSABLE_CONTENT",
      app: { code: "ALREADY_ACKNOWLEDGED", data: { by: "Ana", at: incident.openedAt } },
    });
  });

  it("is told where its input does not fit", () => {
    expect(found(`${dialect} invalid input`)).toMatchObject({
      code: "BAD_REQUEST",
      app: { code: "INVALID_INPUT", data: { issues: [{ path: ["id"] }] } },
    });
  });

  it("is told that nothing is served under a name", () => {
    expect(found(`${dialect} not found`)).toEqual({ code: "NOT_FOUND", app: {} });
  });

  it("asks two calls in one frame", () => {
    expect(found(`${dialect} two in one frame`)).toMatchObject({
      got: [{ ...incident, id: "i3" }, dialect === "full" ? "Ana" : "nobody"],
    });
  });

  it("answers PING, and is answered", () => {
    expect(found(`${dialect} heartbeat`)).toEqual({
      asked: true,
      alive: dialect === "full" ? "Ana" : "nobody",
    });
  });
});

describe("a client in Python, in the full dialect", () => {
  it("is greeted and told the limits", () => {
    expect(found("full welcome")).toMatchObject({ version: 1, limits: { maxCallsInFlight: 64 } });
  });

  it("gives up a call, whose handler is told", () => {
    expect(found("full cancel")).toMatchObject({
      code: "CLIENT_CLOSED_REQUEST",
      app: { code: "CANCELLED" },
    });
    expect(service.noticed.filter((what) => what === "patience aborted")).toHaveLength(2);
  });

  it("gives a call 50 ms", () => {
    expect(found("full deadline")).toMatchObject({
      code: "TIMEOUT",
      app: { code: "DEADLINE_EXCEEDED", data: { deadlineMs: 50 } },
    });
  });

  it("is sent 32 events before its first credit", () => {
    expect(found("full held back")).toEqual({
      started: { type: "started", tracked: true },
      waiting: 32,
    });
  });

  it("resumes behind its last event when the socket was lost", () => {
    expect(found("full resumed")).toEqual({
      after: "50",
      got: Array.from({ length: 100 }, (_, index) => index + 1),
    });
  });

  it("stops a subscription, whose generator is returned", () => {
    expect(found("full stop")).toEqual({ end: { type: "stopped" } });
    expect(service.noticed).toContain("count returned");
  });

  it("is turned away with a reason", () => {
    expect(found("full refused")).toEqual({ code: "UNAUTHORIZED", app: {} });
    expect(found("full another version")).toEqual({
      code: 4501,
      reason: "4501 Cannot speak tautline.9: use tautline.1",
    });
  });

  it("says that it was closed by its owner", () => {
    expect(service.noticed).toContain("full python gone: 4503");
    expect(service.noticed).toContain("full python gone: 1006");
  });
});

describe("a client in Python, in the base dialect", () => {
  it("follows a tracked subscription without credit, one message a frame", () => {
    expect(found("base resumed")).toEqual({
      started: { type: "started" },
      got: Array.from({ length: 40 }, (_, index) => index + 1),
      frames_of_many: 0,
    });
  });

  it("sends its credentials first", () => {
    expect(found("base credentials")).toEqual({ got: "Ana" });
    expect(found("base refused")).toEqual({ code: "UNAUTHORIZED", app: {} });
    expect(found("base refused and closed")).toEqual({ code: 4502 });
  });
});

describe("a client in Python, in a session", () => {
  const ordered = (sku: string) => service.noticed.filter((what) => what === `ordered ${sku}`);

  it("is given one", () => {
    expect(found("session new")).toEqual({ resumed: false, grace: 30_000, secret: 22 });
  });

  it("misses no event of a plain subscription over three lost sockets", () => {
    expect(found("session goes on")).toEqual({
      got: Array.from({ length: 150 }, (_, index) => index + 1),
      resumes: [true, true, true],
    });
  });

  it("says again what was lost, and nothing that was heard", () => {
    expect(found("session says again")).toMatchObject({
      heard: { sku: "heard" },
      lost: { sku: "lost" },
    });
    expect([ordered("heard"), ordered("lost")].map(({ length }) => length)).toEqual([1, 1]);
  });

  it("keeps only what was not acknowledged", () => {
    const { kept, said } = found("session acknowledged") as { kept: number; said: number };
    expect(kept).toBeLessThan(32);
    expect(said).toBeGreaterThan(42);
  });

  it("goes on over the newer of two sockets, and the older is told", () => {
    expect(found("session fenced")).toEqual({ code: 4504, alive: "Ana" });
  });

  it("learns from the records what became of its mutations when the session is lost", () => {
    expect(found("session lost")).toEqual({
      resumed: false,
      same: true,
      never: "never came",
      gone: "OUTCOME_UNKNOWN",
      other: "REQUEST_ID_CONFLICT",
    });
    expect(ordered("placed")).toHaveLength(1);
    expect(ordered("gone")).toHaveLength(0);
  });

  it("runs once what has one key", () => {
    expect(found("session key")).toEqual({ same: true });
    expect(ordered("keyed")).toHaveLength(1);
  });

  it("renews its credentials on the live connection", () => {
    expect(found("session renewed")).toEqual({ alive: "Ana" });
  });
});
