/** What the explorer has found, as the schedules that showed it: none of them may come again. */
import { expect, it } from "vitest";
import { longBudget, opened } from "./budgets.js";
import { attempt, toText } from "./search.js";

async function expectNothing(...steps: string[]) {
  const { finding, done } = await attempt(longBudget, steps);
  expect(finding && toText(finding)).toBeUndefined();
  expect(done).toEqual(steps); // or the schedule has lost its point
}

it("what was heard on the old socket while the new one asked is acknowledged", async () => {
  await expectNothing(
    "the client calls",
    ...opened,
    "the client reconnects",
    "socket 2 opens",
    "socket 1 to the server", // the call
    "socket 1 to the client", // its answer
    "socket 2 to the server", // hello, which knows nothing of the answer
    "socket 2 to the client", // welcome, and the answer again
  );
});

it("what was acknowledged on the old socket in vain is acknowledged on the new one", async () => {
  await expectNothing(
    ...opened,
    "the server has an event",
    "the client reconnects",
    "socket 2 opens",
    "socket 1 to the client", // the event
    "socket 2 to the server", // hello, which knows nothing of the event
    "the client's next timer", // an ack, on the socket that is fenced
    "socket 2 to the client", // welcome, and the event again
  );
});

it("a client whose own lost socket takes over the session comes back for it", async () => {
  await expectNothing(
    ...opened,
    "the client reconnects",
    "socket 2 opens",
    "the client loses socket 2",
    "socket 2 to the server", // hello, of nobody
    "socket 1 to the client", // closed with 4504
  );
});

it("a client whose older hello arrives after its newer one comes back", async () => {
  await expectNothing(
    ...opened,
    "the client loses socket 1",
    "the client's next timer",
    "socket 2 opens",
    "the client loses socket 2",
    "the client's next timer",
    "socket 3 opens",
    "socket 3 to the server", // hello
    "socket 3 to the client", // welcome
    "socket 2 to the server", // hello, of nobody
    "socket 3 to the client", // closed with 4504
  );
});
