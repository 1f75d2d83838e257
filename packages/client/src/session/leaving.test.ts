import { defaultLimits } from "@tautline/contracts/wire";
import { createManualClock, settled } from "@tautline/testing";
import { expect, it } from "vitest";
import type { Call } from "../call/call.js";
import { welcome } from "../play.test-kit.js";
import { createSession } from "./session.js";

it("what was about to be said again when the socket was lost is said once on the next", async () => {
  const frames: string[] = [];
  const line = { transmit: (frame: string) => void frames.push(frame) };
  const session = createSession(
    {
      full: true,
      clock: createManualClock(),
      today: () => 0,
      limits: defaultLimits,
      earlyBytes: 0,
    },
    { next: () => undefined, waiting: () => 0, sent() {}, fail() {} },
  );
  const given = { id: "S", secret: "s", graceMs: 1_000, maxUnackedBytes: 1_000, resumed: false };
  const resumed = { ...given, resumed: true, received: 0, from: 0 };
  session.greet(line, "hello");
  session.begin(line, { ...welcome, session: given } as never);
  session.credit({ id: 1 } as Call, 16);
  await settled();
  expect(frames.splice(0)).toEqual(["hello", '{"id":1,"method":"credit","count":16}']);
  for (let n = 0; n < 2; n++) {
    session.suspend();
    session.resume(line, { ...welcome, session: resumed } as never);
  }
  await settled();
  expect(frames).toEqual(['{"id":1,"method":"credit","count":16}']);
});
