import { describe, expect, it } from "vitest";
import { createEvents, eventTypes } from "./emit.js";
import type { EventType, ServerEvent } from "./events.js";
import { logEvents } from "./log-events.js";
import { consoleLogger, type Logger, type LogLevel } from "./logger.js";

type LogRecord = readonly [level: LogLevel, message: string, fields: object];

function createLog() {
  const records: LogRecord[] = [];
  const method = (level: LogLevel) => (fields: object, message: string) => {
    records.push([level, message, fields]);
  };
  const logger: Logger = {
    debug: method("debug"),
    info: method("info"),
    warn: method("warn"),
    error: method("error"),
  };
  return { records, logger };
}

/** The record of one event. */
function recordOf(event: ServerEvent) {
  const { records, logger } = createLog();
  logEvents(logger)(event);
  expect(records).toHaveLength(1);
  return records[0]!;
}

const err = new Error("a bug");
const remoteAddress = "192.0.2.7";
const session = { sessionId: "s1" };
const person = { connectionId: "c1", userId: "ana" };
const closing = { connectionId: "c1", dialect: "full", reason: "", remoteAddress } as const;

describe("the log of events", () => {
  it.each<[LogLevel, string, ServerEvent]>([
    [
      "warn",
      "The page is not welcome",
      {
        type: "connection.refused",
        stage: "upgrade",
        status: 403,
        reason: "The page is not welcome",
        remoteAddress,
      },
    ],
    [
      "info",
      "Refused a client",
      {
        type: "connection.refused",
        stage: "credentials",
        status: 4502,
        code: "UNAUTHORIZED",
        reason: "No",
        remoteAddress,
      },
    ],
    [
      "debug",
      "A connection has ended",
      { type: "connection.closed", by: "client", code: 1000, durationMs: 5, ...closing },
    ],
    [
      "warn",
      "A connection has ended",
      { type: "connection.closed", by: "client", code: 1002, durationMs: 5, ...closing },
    ],
    [
      "warn",
      "Closing a connection",
      { type: "connection.closed", by: "server", code: 4500, durationMs: 5, ...closing },
    ],
    [
      "info",
      "Closing a connection",
      { type: "connection.closed", by: "server", code: 4002, durationMs: 5, ...closing },
    ],
    [
      "error",
      "Could not tell who a client is: authenticate or createContext threw",
      { type: "auth.failed", err, remoteAddress },
    ],
    ["info", "A client's credentials have expired", { type: "auth.expired", ...person }],
    ["info", "Ended the sessions of a user", { type: "revoked", userId: "ana", sessions: 2 }],
    [
      "debug",
      "Cannot resume a session",
      { type: "session.refused", reason: "unknown", remoteAddress },
    ],
    [
      "warn",
      "Cannot resume a session",
      { type: "session.refused", reason: "secret", remoteAddress },
    ],
    [
      "debug",
      "A newer connection has taken a session",
      { type: "session.fenced", generation: 2, ...session },
    ],
    [
      "debug",
      "A query was answered with a failure",
      {
        type: "call.failed",
        kind: "query",
        path: "a",
        code: "NOT_FOUND",
        appCode: undefined,
        reason: "No",
      },
    ],
    [
      "error",
      "A mutation failed: orders.place",
      { type: "handler.failed", kind: "mutation", path: "orders.place", incidentId: "i1", err },
    ],
    [
      "debug",
      "Refused a message",
      {
        type: "message.refused",
        remoteAddress: undefined,
        path: "a",
        code: "BAD_REQUEST",
        appCode: undefined,
        reason: "No",
      },
    ],
    [
      "warn",
      "Cannot read a frame: No JSON",
      { type: "frame.unreadable", dialect: "base", reason: "No JSON", first: true, remoteAddress },
    ],
    [
      "debug",
      "Cannot read a frame: No JSON",
      { type: "frame.unreadable", dialect: "base", reason: "No JSON", first: false, remoteAddress },
    ],
    [
      "warn",
      "A request came again",
      { type: "request.repeated", path: "a", outcome: "conflict", keyed: true },
    ],
    [
      "debug",
      "A request came again",
      { type: "request.repeated", path: "a", outcome: "replayed", keyed: false },
    ],
    ["info", "Drained", { type: "drain.ended", durationMs: 9, left: 0 }],
    ["warn", "Drained", { type: "drain.ended", durationMs: 9, left: 1 }],
    ["warn", "The event loop stood still", { type: "loop.stalled", stalledMs: 9_000 }],
    ["error", "onConnect threw", { type: "callback.failed", name: "onConnect", err }],
    ["error", "Could not accept a connection", { type: "accept.failed", err }],
    ["info", "Cannot read a request", { type: "request.unreadable", err, remoteAddress }],
  ])("says %s: %s", (level, message, event) => {
    const { type, ...fields } = event;
    const said = Object.entries(fields).filter(([, value]) => value !== undefined);
    expect(recordOf(event)).toEqual([level, message, { event: type, ...Object.fromEntries(said) }]);
  });

  it("has a client's words in fields only, cut to what one needs to recognise them", () => {
    const path = `no\n${"x".repeat(5_000)}`;
    const [, message, fields] = recordOf({
      type: "message.refused",
      remoteAddress: undefined,
      path,
      code: "NOT_FOUND",
      appCode: undefined,
      reason: path,
    });
    expect(message).not.toContain("\n");
    expect(JSON.stringify(fields).length).toBeLessThan(600);
  });

  it("leaves out what happens with every call, unless it is asked for", () => {
    const { records, logger } = createLog();
    const perCall: EventType[] = [
      "call.started",
      "call.settled",
      "subscription.started",
      "subscription.ended",
    ];
    const usual = createEvents([logEvents(logger)]);
    expect(eventTypes.filter((type) => usual[type] === undefined)).toEqual(perCall);

    const asked = createEvents([logEvents(logger, { only: ["call.settled"] })]);
    expect(eventTypes.filter((type) => asked[type] !== undefined)).toEqual(["call.settled"]);
    asked["call.settled"]?.({
      callId: "1",
      connectionId: "c1",
      kind: "query",
      path: "a",
      known: true,
      outcome: "ok",
      durationMs: 3,
    });
    expect(records).toMatchObject([["info", "A query has settled", { durationMs: 3 }]]);
  });

  it("asks for nothing that the console would not show", () => {
    const events = createEvents([logEvents(consoleLogger)]);
    expect(events["message.refused"]).toBeUndefined();
    expect(events["connection.opened"]).toBeUndefined();
    expect(events["handler.failed"]).toBeDefined();
    expect(events["connection.closed"]).toBeDefined(); // some are warnings
  });
});
