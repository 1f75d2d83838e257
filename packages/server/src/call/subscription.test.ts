import type { Overflow } from "@tautline/contracts";
import { settled } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { type Failure, Subscription, type SubscriptionSink } from "./subscription.js";

interface SetUp {
  readonly overflow?: Overflow;
  readonly credit?: number;
  /** Runs for each event sent. */
  readonly send?: (event: unknown) => void | Promise<void>;
}

/** A subscription to `events`, and a connection whose room the test decides about. */
function subscribe(
  events: AsyncIterable<unknown>,
  { overflow = "wait", credit = Number.POSITIVE_INFINITY, send = () => {} }: SetUp = {},
) {
  const sent: unknown[] = [];
  let waiters: (() => void)[] = [];
  let reserved = 0;
  let outcome = "running";
  let finish = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const sink = {
    full: false,
    whenRoom: (run: () => void) => void waiters.push(run),
    afterTurn: (run: () => void) => void setImmediate(run),
    pulling() {
      reserved = 1;
    },
    pulled() {
      reserved = 0;
    },
    send(event: unknown) {
      sent.push(event);
      return send(event);
    },
    over() {},
    ended(failure: Failure | undefined) {
      outcome = failure ? `failed: ${(failure.cause as Error).message}` : "ended";
      finish();
    },
  };
  const subscription = new Subscription(events, sink, overflow, credit);
  subscription.start();
  return {
    subscription,
    sent,
    sink,
    finished,
    get outcome() {
      return outcome;
    },
    get waiters() {
      return waiters.length;
    },
    get reserved() {
      return reserved;
    },
    makeRoom() {
      sink.full = false;
      const now = waiters;
      waiters = [];
      for (const run of now) run();
    },
  };
}

/** Counts up without end and without ever waiting, and notes how it went. */
function counter() {
  const story = { pulled: 0, ended: 0 };
  async function* count() {
    try {
      for (;;) yield ++story.pulled;
    } finally {
      story.ended++;
    }
  }
  return { story, events: count() };
}

/** An iterator written by hand. What `next` returns is up to the test. */
function byHand(next: () => unknown, returned?: () => unknown): AsyncIterable<unknown> {
  return { [Symbol.asyncIterator]: () => ({ next, return: returned }) as AsyncIterator<unknown> };
}

async function* of(...events: unknown[]) {
  yield* events;
}

const never = new Promise<never>(() => {});

describe("a subscription", () => {
  it("sends every event in order and ends", async () => {
    const running = subscribe(of(1, 2, 3));
    await running.finished;
    expect([running.sent, running.outcome]).toEqual([[1, 2, 3], "ended"]);
  });

  it("pulls nothing that the client has no credit for", async () => {
    const { story, events } = counter();
    const { subscription, sent } = subscribe(events, { credit: 2 });
    await settled();
    expect([sent, story.pulled]).toEqual([[1, 2], 2]);
    subscription.addCredit(3);
    await settled();
    expect([sent, story.pulled]).toEqual([[1, 2, 3, 4, 5], 5]);
  });

  it("pulls nothing while the connection is full, and asks for room once", async () => {
    const { story, events } = counter();
    const running = subscribe(events, {
      credit: 5,
      send(event) {
        running.sink.full = event === 2;
      },
    });
    await settled();
    expect([running.sent, story.pulled, running.waiters]).toEqual([[1, 2], 2, 1]);
    running.subscription.addCredit(1);
    await settled();
    expect([story.pulled, running.waiters]).toEqual([2, 1]);
    running.makeRoom();
    await settled();
    expect([running.sent, story.pulled]).toEqual([[1, 2, 3, 4, 5, 6], 6]);
  });

  it("sets room aside while an event is being pulled, and no longer", async () => {
    let give = (_event: IteratorResult<number>) => {};
    const running = subscribe(
      byHand(() => new Promise((resolve) => (give = resolve))),
      {
        credit: 2,
      },
    );
    await settled();
    expect(running.reserved).toBe(1);
    give({ value: 1, done: false });
    await settled();
    expect(running.reserved).toBe(1); // the next one
    give({ value: 2, done: false });
    await settled();
    expect(running.reserved).toBe(0);
    running.subscription.stop();
    await running.finished;
    expect(running.reserved).toBe(0);
  });

  it("sends the next event when the one before has been validated, however long that takes", async () => {
    let valid = () => {};
    const { sent, finished } = subscribe(of(1, 2), {
      send: (event) => (event === 1 ? new Promise((resolve) => (valid = resolve)) : undefined),
    });
    await settled();
    expect(sent).toEqual([1]);
    valid();
    await finished;
    expect(sent).toEqual([1, 2]);
  });

  it("takes iterators that give results without promises", async () => {
    const results = [{ value: 1 }, { value: 2 }, { done: true }];
    const { sent, finished } = subscribe(byHand(() => results.shift()));
    await finished;
    expect(sent).toEqual([1, 2]);
  });

  it.each<Overflow>(["wait", "latest", "drop-oldest"])(
    "lets the event loop turn when a generator never waits (%s)",
    async (overflow) => {
      const { story, events } = counter();
      let messages = 0;
      // As an outbox: 512 messages a turn.
      const running = subscribe(events, {
        overflow,
        send() {
          if (++messages === 1) {
            setImmediate(() => {
              messages = 0;
              running.makeRoom();
            });
          }
          running.sink.full = messages >= 512;
        },
      });
      for (let turn = 1; turn <= 5; turn++) {
        await new Promise((resolve) => setImmediate(resolve));
        expect(story.pulled).toBeLessThanOrEqual(513 * (turn + 1));
      }
      running.subscription.stop();
      await running.finished;
      expect(story.ended).toBe(1);
    },
  );
});

describe("a subscription that fails", () => {
  it("has sent what came before, and fails with what the handler threw", async () => {
    async function* failing() {
      yield 1;
      throw new Error("disk full");
    }
    const running = subscribe(failing());
    await running.finished;
    expect([running.sent, running.outcome]).toEqual([[1], "failed: disk full"]);
  });

  it("fails with what sending threw, and ends its handler", async () => {
    const { story, events } = counter();
    const running = subscribe(events, {
      send: () => {
        throw new Error("too large");
      },
    });
    await running.finished;
    expect([story, running.outcome]).toEqual([{ pulled: 1, ended: 1 }, "failed: too large"]);
  });

  it("pulls nothing more when sending failed, from iterators that cannot be returned either", async () => {
    let pulled = 0;
    const running = subscribe(
      byHand(() => ({ value: ++pulled })),
      {
        overflow: "latest",
        send: () => {
          throw new Error("too large");
        },
      },
    );
    await running.finished;
    const pulledThen = pulled;
    await settled();
    expect([pulled, running.outcome]).toEqual([pulledThen, "failed: too large"]);
  });

  it("fails with the first failure when the handler's cleanup fails as well", async () => {
    async function* failing() {
      try {
        yield 1;
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: this is what careless handlers do
        throw new Error("cleanup");
      }
    }
    const running = subscribe(failing(), {
      send: () => {
        throw new Error("too large");
      },
    });
    await running.finished;
    expect(running.outcome).toBe("failed: too large");
  });

  it.each([undefined, null, 5])("fails when next gives %j, and no object", async (nothing) => {
    const events = { [Symbol.asyncIterator]: () => ({ next: async () => nothing as never }) };
    const reader = subscribe(events);
    await reader.finished;
    expect(reader.sent).toEqual([]);
    expect(reader.outcome).toBe(`failed: An iterator's next() gave ${nothing}, and no object`);
  });

  it("fails when next throws without a promise", async () => {
    const running = subscribe(
      byHand(() => {
        throw new Error("at once");
      }),
    );
    await running.finished;
    expect(running.outcome).toBe("failed: at once");
  });
});

describe("stopping a subscription", () => {
  it("ends its handler while it waits for credit", async () => {
    const { story, events } = counter();
    const running = subscribe(events, { credit: 1 });
    await settled();
    running.subscription.stop();
    await running.finished;
    expect([story, running.outcome]).toEqual([{ pulled: 1, ended: 1 }, "ended"]);
  });

  it("ends its handler while it waits for room", async () => {
    const { story, events } = counter();
    const running = subscribe(events, {
      send() {
        running.sink.full = true;
      },
    });
    await settled();
    running.subscription.stop();
    await running.finished;
    running.makeRoom(); // too late, and harmless
    await settled();
    expect([story, running.sent]).toEqual([{ pulled: 1, ended: 1 }, [1]]);
  });

  it("never starts a handler that has not been started", async () => {
    const { story, events } = counter();
    const running = subscribe(events, { credit: 0 });
    running.subscription.stop();
    await running.finished;
    // A generator that never ran has no `finally` to run.
    expect([story, running.sent]).toEqual([{ pulled: 0, ended: 0 }, []]);
  });

  it("waits for the handler to come to its end, and sends nothing that comes then", async () => {
    let give = () => {};
    const story: string[] = [];
    async function* slow() {
      try {
        await new Promise<void>((resolve) => (give = resolve));
        yield "late";
      } finally {
        story.push("ended");
      }
    }
    const running = subscribe(slow());
    await settled();
    running.subscription.stop();
    await settled();
    expect([story, running.outcome]).toEqual([[], "running"]);
    give();
    await running.finished;
    expect([story, running.sent, running.outcome]).toEqual([["ended"], [], "ended"]);
  });

  it.each<Overflow>(["wait", "latest"])(
    "does not wait for the event of an iterator that cannot be returned (%s)",
    async (overflow) => {
      const running = subscribe(
        byHand(() => never),
        { overflow },
      );
      await settled();
      running.subscription.stop();
      await running.finished;
      expect(running.outcome).toBe("ended");
    },
  );

  it("does not wait for the event of an iterator that has been returned", async () => {
    let returned = 0;
    const running = subscribe(
      byHand(
        () => never,
        () => void returned++,
      ),
    );
    await settled();
    running.subscription.stop();
    running.subscription.stop();
    await running.finished;
    expect([running.outcome, returned]).toEqual(["ended", 1]);
  });

  it("hears no more of an iterator that fails after it was let go of", async () => {
    let fail = (_error: Error) => {};
    const running = subscribe(byHand(() => new Promise((_, reject) => (fail = reject))));
    await settled();
    running.subscription.stop();
    await running.finished;
    fail(new Error("nobody hears this"));
    await settled();
    expect(running.outcome).toBe("ended");
  });

  it("is no failure when the handler's cleanup fails, or the handler throws because of it", async () => {
    let fail = (_error: Error) => {};
    async function* failing() {
      await new Promise((_, reject) => (fail = reject));
      yield 1;
    }
    const running = subscribe(failing());
    await settled();
    running.subscription.stop();
    fail(new Error("aborted"));
    await running.finished;
    expect(running.outcome).toBe("ended");

    const stubborn = subscribe(
      byHand(
        () => never,
        () => Promise.reject(new Error("cleanup")),
      ),
    );
    stubborn.subscription.stop();
    await stubborn.finished;
    expect(stubborn.outcome).toBe("ended");
  });

  it.each([
    ["that ended by itself", () => ({ done: true }), "ended"],
    [
      "that failed",
      () => {
        throw new Error("disk full");
      },
      "failed: disk full",
    ],
  ])("does not return an iterator %s", async (_which, next, outcome) => {
    let returned = 0;
    const running = subscribe(byHand(next, () => void returned++));
    await running.finished;
    running.subscription.stop();
    expect([running.outcome, returned]).toEqual([outcome, 0]);
  });

  it("after the end does nothing", async () => {
    const running = subscribe(of(1));
    await running.finished;
    running.subscription.stop();
    running.subscription.addCredit(5);
    expect([running.sent, running.outcome]).toEqual([[1], "ended"]);
  });
});

describe("a slow reader", () => {
  const hundred = () => of(...Array.from({ length: 100 }, (_, n) => n + 1));
  const from = (first: number, last: number) =>
    Array.from({ length: last - first + 1 }, (_, n) => first + n);

  it.each<[Overflow, string, number[], string]>([
    ["wait", "gets everything, later", from(1, 100), "ended"],
    ["latest", "gets the newest event", [1, 2, 100], "ended"],
    ["drop-oldest", "gets the newest 32", [1, 2, ...from(69, 100)], "ended"],
    ["cut", "gets what was sent, and a failure", [1, 2], "failed: The reader is 32 events behind"],
  ])("of %s %s", async (overflow, _sentence, expected, outcome) => {
    const running = subscribe(hundred(), { overflow, credit: 2 });
    await settled();
    running.subscription.addCredit(1_000);
    await running.finished;
    expect([running.sent, running.outcome]).toEqual([expected, outcome]);
  });

  it("of cut goes on when it reads in time", async () => {
    const running = subscribe(of(...from(1, 34)), { overflow: "cut", credit: 2 });
    await settled();
    running.subscription.addCredit(32);
    await running.finished;
    expect([running.sent, running.outcome]).toEqual([from(1, 34), "ended"]);
  });

  it("of cut is told the code OVERFLOW, and its handler ends", async () => {
    const { story, events } = counter();
    const failure = await new Promise<Failure | undefined>((ended) => {
      const sink: SubscriptionSink = {
        full: false,
        whenRoom() {},
        afterTurn: (run) => void setImmediate(run),
        pulling() {},
        pulled() {},
        send() {},
        over() {},
        ended,
      };
      new Subscription(events, sink, "cut", 0).start();
    });
    expect(failure?.cause).toMatchObject({
      code: "TOO_MANY_REQUESTS",
      cause: { app: { code: "OVERFLOW", data: { waiting: 32 } } },
    });
    expect(story).toEqual({ pulled: 33, ended: 1 });
  });

  it.each<Overflow>(["latest", "drop-oldest", "cut"])(
    "of %s gets everything as long as it keeps up",
    async (overflow) => {
      const running = subscribe(hundred(), { overflow });
      await running.finished;
      expect([running.sent, running.outcome]).toEqual([from(1, 100), "ended"]);
    },
  );

  it.each<[Overflow, unknown[]]>([
    ["latest", [2]],
    ["drop-oldest", [1, 2]],
    ["cut", []],
  ])("of %s gets %j of what was kept when the handler fails", async (overflow, expected) => {
    async function* failing() {
      yield 1;
      yield 2;
      throw new Error("disk full");
    }
    const running = subscribe(failing(), { overflow, credit: 0 });
    await settled();
    running.subscription.addCredit(10);
    await running.finished;
    expect([running.sent, running.outcome]).toEqual([expected, "failed: disk full"]);
  });

  it.each<Overflow>(["latest", "drop-oldest", "cut"])(
    "of %s stops its handler when it stops, and gets nothing of what was kept",
    async (overflow) => {
      const story: string[] = [];
      async function* few() {
        try {
          yield 1;
          yield 2;
          await never;
        } finally {
          story.push("ended");
        }
      }
      const running = subscribe(few(), { overflow, credit: 0 });
      await settled();
      running.subscription.stop();
      await settled();
      expect(running.sent).toEqual([]);
    },
  );
});
