import { describe, expect, it } from "vitest";
import { sessionIn } from "./watched-socket.js";

describe("the session of a frame", () => {
  it.each([
    ["its id", { session: "s1" }, { id: "s1", generation: undefined }],
    ["an object", { session: { id: "s1", generation: 3 } }, { id: "s1", generation: 3 }],
    ["id and generation", { session: "s1", generation: 3 }, { id: "s1", generation: 3 }],
  ])("is what welcome says: %s", (_, said, session) => {
    const welcome = { method: "welcome", version: 1, ...said };
    expect(sessionIn(JSON.stringify(welcome))).toEqual(session);
    expect(sessionIn(JSON.stringify([welcome, { id: 1, result: {} }]))).toEqual(session);
  });

  it.each(["PONG", '{"id":1,"result":{"type":"data"}}', '{"method":"welcome","version":1}'])(
    "is none in %s",
    (frame) => {
      expect(sessionIn(frame)).toBeUndefined();
    },
  );
});
