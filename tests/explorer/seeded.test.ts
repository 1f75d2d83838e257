/**
 * Bugs put into the parts that production runs: an explorer that did not find them would prove
 * nothing. Each is found with the shortest schedule there is, which is printed.
 */
import { Ledger } from "@tautline/contracts/session";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ServedConnection } from "../../packages/server/src/connection/connection.js";
import type { AttachRefusal } from "../../packages/server/src/session/attach.js";
import { Session } from "../../packages/server/src/session/session.js";
import { type Budget, nothing, opened } from "./budgets.js";
import { searchAll, toText } from "./search.js";

/** What is broken in functions, which can not be patched where they are used. */
const broken = vi.hoisted(() => ({
  attach: undefined as
    | ((refusal: AttachRefusal | undefined) => AttachRefusal | undefined)
    | undefined,
  repeats: false,
}));

vi.mock("../../packages/server/src/session/attach.js", async (original) => {
  const real = await original<typeof import("../../packages/server/src/session/attach.js")>();
  const refusalToAttach: typeof real.refusalToAttach = (...asked) => {
    const refusal = real.refusalToAttach(...asked);
    return broken.attach === undefined ? refusal : broken.attach(refusal);
  };
  return { ...real, refusalToAttach };
});

vi.mock("../../packages/client/src/session/session.js", async (original) => {
  const real = await original<typeof import("../../packages/client/src/session/session.js")>();
  const createSession: typeof real.createSession = (...made) => {
    const session = real.createSession(...made);
    const { resume } = session;
    session.resume = (line, welcome) => {
      if (!broken.repeats) return resume(line, welcome);
      const { received } = session.toAsked() as { received: number };
      return resume(line, { ...welcome, session: { ...welcome.session!, from: received } });
    };
    return session;
  };
  return { ...real, createSession };
});

afterEach(() => {
  vi.restoreAllMocks();
  broken.attach = undefined;
  broken.repeats = false;
});

/** Replaces a method by one that knows the real one. */
function patch<Class extends object, Name extends keyof Class>(
  prototype: Class,
  name: Name,
  instead: (real: Class[Name]) => Class[Name],
) {
  const real = prototype[name];
  vi.spyOn(prototype as any, name as never).mockImplementation(instead(real) as never);
}

interface Bug {
  readonly name: string;
  readonly seed: () => void;
  readonly budget: Partial<Budget>;
  readonly found: RegExp;
  /** Of the shortest schedule, after the session has begun and before all comes to rest. */
  readonly steps: number;
}

const bugs: readonly Bug[] = [
  {
    name: "a ledger that acknowledges one too many",
    seed: () =>
      patch(
        Ledger.prototype,
        "tell",
        (real) =>
          function (this: Ledger) {
            return real.call(this) + 1;
          },
      ),
    budget: { pushes: 1 },
    found: /acknowledges \d+ messages and has heard/,
    steps: 1,
  },
  {
    name: "a ledger that acknowledges one too few",
    seed: () =>
      patch(
        Ledger.prototype,
        "tell",
        (real) =>
          function (this: Ledger) {
            return Math.max(0, real.call(this) - 1);
          },
      ),
    budget: {},
    found: /the server keeps 1 messages/,
    steps: 1,
  },
  {
    name: "a ledger that says again all but one",
    seed: () =>
      patch(
        Ledger.prototype,
        "unheard",
        (real) =>
          function (this: Ledger) {
            return real.call(this).slice(1);
          },
      ),
    budget: { pushes: 1, losses: 1 },
    found: /events are heard/,
    steps: 2,
  },
  {
    name: "a ledger that keeps what was acknowledged, and says it again",
    seed: () => patch(Ledger.prototype, "acknowledge", () => () => true),
    budget: { losses: 1 },
    found: /Duplicate id 1/,
    steps: 1,
  },
  {
    name: "an attach that counts before it fences",
    // The socket before is heard once more, after the counts were told.
    seed: () => {
      const late = new WeakSet<object>();
      const { fence, frame } = ServedConnection.prototype;
      patch(
        ServedConnection.prototype,
        "fence",
        () =>
          function (this: ServedConnection) {
            late.add(this);
          },
      );
      patch(
        ServedConnection.prototype,
        "frame",
        () =>
          function (this: ServedConnection, data) {
            frame.call(this, data);
            if (late.has(this)) fence.call(this);
          },
      );
    },
    budget: { calls: 1, reconnects: 1 },
    found: /hears on socket 1 and on 2|mutation 1 runs twice/,
    steps: 4,
  },
  {
    name: "an attach that does not ask for the secret",
    seed: () => {
      broken.attach = (refusal) => (refusal === "secret" ? undefined : refusal);
    },
    budget: { thieves: 1 },
    found: /the client is closed: 4504/,
    steps: 1,
  },
  {
    name: "an attach that does not ask who it is",
    seed: () => {
      broken.attach = (refusal) => (refusal === "principal" ? undefined : refusal);
    },
    budget: { thieves: 2 },
    found: /the client is closed: 4504/,
    steps: 2,
  },
  {
    name: "an attach that refuses what it should give",
    seed: () => {
      broken.attach = () => "counts";
    },
    budget: { losses: 1 },
    found: /a session is refused/,
    steps: 1,
  },
  {
    name: "a client that does not skip repeats",
    seed: () => {
      broken.repeats = true;
    },
    budget: { pushes: 1, reconnects: 1 },
    found: /event 1 follows event 1/,
    steps: 3,
  },
  {
    name: "a session that ends with its socket",
    seed: () =>
      patch(
        Session.prototype,
        "left",
        (real) =>
          function (this: Session, carrier) {
            real.call(this, carrier, 1000);
          },
      ),
    budget: { losses: 1 },
    found: /a session ends: closed/,
    steps: 1,
  },
];

describe("the explorer finds", () => {
  it.each(bugs.map((bug) => [bug.name, bug] as const))(
    "%s",
    async (_, { seed, budget, found, steps }) => {
      seed();
      const { finding } = await searchAll({
        budget: { ...nothing, ...budget },
        first: opened,
        maxDepth: 9,
      });
      expect(finding && toText(finding)).toMatch(found);
      console.log(toText(finding!));
      expect(finding!.steps).toHaveLength(opened.length + steps);
    },
    120_000,
  );
});
