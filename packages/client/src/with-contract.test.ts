import { contract, fingerprint, query } from "@tautline/contracts";
import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createPlay, failure, failureOf, played, result } from "./play.test-kit.js";
import { withContract } from "./with-contract.js";

describe("a client that holds the contract", () => {
  it("tells its fingerprint", async () => {
    const play = createPlay({ contract: withContract(played) });
    const socket = await play.open();
    expect(socket.messages[0].contract).toBe(fingerprint(played).hash);
  });

  it("keeps to the contract's deadline, or a smaller one", async () => {
    const play = createPlay({ contract: withContract(played) });
    const socket = await play.open();
    const calls = [undefined, 500, 60_000].map((deadlineMs) =>
      play.api.again.mutate(undefined, { deadlineMs }),
    );
    await settled();
    expect(socket.messages.slice(1).map((m) => m.deadlineMs)).toEqual([2_000, 500, 2_000]);
    socket.say([1, 2, 3].map((id) => result(id, id)));
    await Promise.all(calls);
  });

  it("repeats a mutation that the contract calls safe", async () => {
    const play = createPlay({ contract: withContract(played) });
    const first = await play.open();
    const call = play.api.again.mutate();
    await settled();
    first.cut();
    const second = await play.socket(1);
    second.welcome();
    await settled();
    second.say(result(1, 7));
    expect(await call).toBe(7);
  });

  it("checks inputs only when asked to, and sends what it was given", async () => {
    const never = createPlay({ contract: withContract(played) });
    const socket = await never.open();
    void never.api.greet.query({ name: 5 as never }).catch(() => {});
    await settled();
    expect(socket.messages).toHaveLength(2);

    const play = createPlay({ contract: withContract(played, { validateInputs: true }) });
    const error = await failureOf(play.api.greet.query({ name: 5 as never }));
    expect(error.data).toMatchObject({
      code: "BAD_REQUEST",
      path: "greet",
      app: { code: "INVALID_INPUT", data: { issues: [{ path: ["name"] }] } },
    });
    expect(play.sockets).toHaveLength(0);
  });

  it("waits for a check that takes time, and never sends what was aborted meanwhile", async () => {
    const slow = contract({
      ask: query({
        input: z.string().refine(async (text) => text !== "bad"),
        output: z.string(),
      }),
    });
    const play = createPlay({ contract: withContract(slow, { validateInputs: true }) as never });
    const ask = (input: string, options = {}) => (play.api as any).ask.query(input, options);
    const socket = await play.open();
    const abort = new AbortController();
    const good = ask("good");
    const bad = failureOf(ask("bad"));
    const aborted = failureOf(ask("good", { signal: abort.signal }));
    abort.abort();
    await settled();
    expect(socket.messages.slice(1).map((m) => m.params.input.json)).toEqual(["good"]);
    expect((await bad).data.app.code).toBe("INVALID_INPUT");
    expect((await aborted).data.app.code).toBe("CANCELLED");
    socket.say(result(1, "yes"));
    expect(await good).toBe("yes");
  });

  it.each([
    ["whose hash differs", "0000000000000000", 4, "client"],
    ["that does not know it", null, 2, "server"],
    ["that tells no revision", null, undefined, "unknown"],
  ])(
    "says which side is older when a call fails at a server %s",
    async (_, theirs, revision, older) => {
      const play = createPlay({ contract: withContract(played) });
      const socket = await play.open({ contract: "ffffffffffffffff", revision });
      const call = failureOf(play.api.now.query());
      await settled();
      const { id, error } = failure(1, "NOT_FOUND");
      socket.say({
        id,
        error: { json: { ...error.json, data: { ...error.json.data, contract: theirs } } },
      });
      const mismatch = await call;
      expect(mismatch.data).toMatchObject({
        code: "PRECONDITION_FAILED",
        app: { code: "CONTRACT_MISMATCH", data: { path: "now", older } },
      });
      expect(mismatch.cause.data.code).toBe("NOT_FOUND");
    },
  );

  it("leaves a failure alone where the two agree", async () => {
    const play = createPlay({ contract: withContract(played) });
    const socket = await play.open({ contract: "ffffffffffffffff" });
    const call = failureOf(play.api.now.query());
    await settled();
    const { id, error } = failure(1, "NOT_FOUND");
    const same = fingerprint(played).procedures.get("now");
    socket.say({
      id,
      error: { json: { ...error.json, data: { ...error.json.data, contract: same } } },
    });
    expect((await call).data.code).toBe("NOT_FOUND");
  });
});
