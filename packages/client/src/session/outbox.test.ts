import { defaultLimits } from "@tautline/contracts/wire";
import { createManualClock, settled } from "@tautline/testing";
import { expect, it } from "vitest";
import { createOutbox } from "./outbox.js";

it("what was about to be said again when the socket was lost is said once on the next", async () => {
  const frames: string[] = [];
  const outbox = createOutbox({
    route: { withdraw() {}, refused() {}, credit() {} },
    clock: createManualClock(),
    limits: defaultLimits,
    earlyBytes: 0,
    source: { next: () => undefined, sent() {}, tooLarge() {}, unknown() {} },
    transmit: (frame) => frames.push(frame),
    mayKeep: () => true,
    said() {},
    ackIsDue: () => false,
    ackText: () => "",
    mayBeEarly: () => false,
    membersOf: () => undefined,
  });
  outbox.open(defaultLimits, ['{"id":1}']);
  outbox.shut();
  outbox.open(defaultLimits, ['{"id":1}', '{"id":2}']);
  await settled();
  expect(frames).toEqual(['[{"id":1},{"id":2}]']);
});
