/**
 * The explorer: random lives of a few mutations, on servers that crash, are thought dead and are
 * not, and lose what the store answers; with a store that is wiped, and time that passes. What runs
 * is what production runs: `RequestRecords`, `decide` and the memory store. Every life follows from
 * its seed, and every life has to keep the promise of DELIVERY.md §8, I7: a mutation executes at
 * most once by default; ok means exactly one; OUTCOME_UNKNOWN means none or one; all replies agree.
 */
import { createManualClock } from "@tautline/testing";
import { describe, expect, it } from "vitest";
import { AppFailure } from "../../errors.js";
import type { TRPCError } from "../../trpc.js";
import { type decide as Decide, decide, transitMs } from "./decide.js";
import { createMemoryRequestStore } from "./memory-store.js";
import { type RecordedRequest, RequestRecords } from "./records.js";
import type { Answer, RequestStore } from "./store.js";

const policies = ["never", "safe", "lookup"] as const;
const steps = 120;
const retentionMs = 600_000;

/** What a seeded bug changes. */
interface Fault {
  readonly policy?: typeof Decide;
  /** Changes the store that all servers share. */
  readonly breakStore?: (store: RequestStore) => Partial<RequestStore>;
}

interface Mutation {
  readonly name: string;
  readonly repeat: (typeof policies)[number];
  readonly request: Pick<RecordedRequest, "principal" | "hash" | "key">;
  readonly session: string;
  readonly n: number;
  readonly sentAtMs: number;
  readonly storeEpoch: string;
  /** The first sending has not arrived yet. */
  isOnItsWay: boolean;
  isSentAgain: boolean;
  isAnswered: boolean;
  /** Its effects on the world, each with the answer that belongs to it. */
  readonly effects: Answer[];
  readonly replies: { readonly code: string; readonly encoded?: string | undefined }[];
}

interface Server {
  readonly incarnation: string;
  readonly records: RequestRecords;
  isUp: boolean;
}

/** One thing that has to happen some time, unless its server dies first. */
interface Event {
  readonly server: Server;
  /** The store is to create what was sent for the first time. */
  readonly isFirst?: boolean;
  happen(): void;
  /** The same as a failure of the network. */
  fail?(): void;
}

/** A generator of numbers from a seed: mulberry32, whose whole state is one word. */
function randomFrom(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class World {
  readonly #random: () => number;
  readonly #fault: Fault;
  readonly #clock = createManualClock();
  /** Nothing is lost but servers and messages: then `lookup` executes at most once, too. */
  readonly #isCalm: boolean;
  /** The store is wiped, and records expire: then a mutation that may be repeated has two answers. */
  readonly #isWild: boolean;
  readonly #servers: Server[] = [];
  readonly #live = new Set<string>();
  readonly #mutations: Mutation[] = [];
  #store: RequestStore;
  #events: Event[] = [];
  #runs = 0;

  constructor(seed: number, fault: Fault) {
    this.#random = randomFrom(seed);
    this.#fault = fault;
    this.#isCalm = seed % 3 === 0;
    this.#isWild = seed % 3 === 1;
    this.#store = this.#newStore();
    for (let count = 0; count < 3; count++) this.#startServer();
  }

  /** @returns what is wrong with the life that this world had. */
  async live(): Promise<string[]> {
    for (let step = 0; step < steps; step++) {
      this.#step();
      await new Promise(setImmediate);
    }
    await this.#end();
    return this.#mutations.flatMap((mutation) => this.#check(mutation)).concat(this.#hangs());
  }

  // ---- what can happen ---------------------------------------------------------------------

  #step() {
    const roll = this.#random();
    if (roll < 0.06) this.#send();
    else if (roll < 0.2) this.#arrive();
    else if (roll < 0.34) this.#sendAgain();
    else if (roll < 0.86) this.#happen();
    else if (roll < 0.89) this.#crash(this.#pick(this.#servers));
    else if (roll < 0.91) this.#acknowledge();
    else if (roll < 0.97) this.#clock.advance(this.#random() < 0.8 ? 100 : 6_000);
    else if (this.#isCalm) return;
    else if (roll < 0.98) this.#misjudge(this.#pick(this.#servers));
    else if (!this.#isWild) return;
    else if (roll < 0.99) this.#wipe();
    else this.#clock.advance(this.#random() * 1.5 * retentionMs);
  }

  /** A server is taken for dead, and lives: it stood still for longer than its lease. */
  #misjudge({ incarnation }: Server) {
    this.#live.delete(incarnation);
  }

  /** A client sends a mutation for the first time. */
  #send() {
    const n = this.#mutations.length + 1;
    if (n > 5) return;
    const isKeyed = this.#isCalm && this.#random() < 0.3;
    this.#mutations.push({
      name: `m${n}`,
      repeat: this.#pick(policies),
      request: { principal: "ana", hash: n, key: isKeyed ? `key ${n}` : undefined },
      session: "s",
      n,
      sentAtMs: this.#clock.now(),
      storeEpoch: this.#store.epoch,
      isOnItsWay: true,
      isSentAgain: false,
      isAnswered: false,
      effects: [],
      replies: [],
    });
  }

  /** A first sending arrives, unless it was on its way for longer than a socket lives. */
  #arrive() {
    const mutation = this.#pick(this.#mutations.filter(({ isOnItsWay }) => isOnItsWay));
    if (mutation === undefined) return;
    mutation.isOnItsWay = false;
    if (this.#clock.now() - mutation.sentAtMs >= retentionMs - transitMs) return;
    this.#run(mutation, { session: mutation.session, n: mutation.n, low: 1 });
  }

  #sendAgain() {
    const mutation = this.#pick(this.#mutations.filter(({ isAnswered }) => !isAnswered));
    if (mutation === undefined) return;
    mutation.isSentAgain = true;
    const { session, n, storeEpoch } = mutation;
    const ageMs = this.#clock.now() - mutation.sentAtMs;
    const first = { session, n, storeEpoch, ageMs };
    // Under a key, another tab may send it as if it were new.
    const isTab = mutation.request.key !== undefined && this.#random() < 0.5;
    this.#run(mutation, { session: "later", n: 1, low: 1, first: isTab ? undefined : first });
  }

  #happen() {
    const event = this.#pick(this.#events);
    if (event === undefined) return;
    this.#events = this.#events.filter((each) => each !== event);
    if (event.fail !== undefined && this.#random() < 0.06) event.fail();
    else event.happen();
  }

  /** The answer has come in the session of the first sending: then it is never sent again. */
  #acknowledge() {
    const mutation = this.#pick(
      this.#mutations.filter((each) => !each.isSentAgain && each.replies.some(isAnswer)),
    );
    if (mutation === undefined) return;
    mutation.isAnswered = true;
    const unanswered = this.#mutations.findIndex(({ isAnswered }) => !isAnswered);
    void this.#store.forget("s", unanswered < 0 ? this.#mutations.length + 1 : unanswered + 1);
  }

  /**
   * Every record is lost. Not promised: at most once, when that happens between a repetition that
   * has run and a first sending that arrives after it. A socket that old was given up long ago.
   */
  #wipe() {
    if (this.#events.some(({ isFirst }) => isFirst)) return;
    for (const mutation of this.#mutations) mutation.isOnItsWay = false;
    this.#store = this.#newStore();
  }

  #crash(server: Server) {
    server.isUp = false;
    this.#live.delete(server.incarnation);
    this.#events = this.#events.filter((event) => event.server !== server);
    this.#servers.splice(this.#servers.indexOf(server), 1);
    this.#startServer();
  }

  /** Everything that is left happens; whoever is up has to answer. */
  async #end() {
    for (let quiet = 0; quiet < 20; ) {
      const event = this.#events.shift();
      if (event === undefined) {
        quiet++;
        this.#clock.advance(10_000);
      } else event.happen();
      await new Promise(setImmediate);
    }
  }

  // ---- what is promised --------------------------------------------------------------------

  #check({ name, repeat, effects, replies }: Mutation): string[] {
    const wrong: string[] = [];
    const answers = new Set(replies.filter(isAnswer).map(({ encoded }) => encoded));
    const known = effects.map(({ encoded }) => encoded);
    const isOnce = repeat === "never" || (repeat === "lookup" && this.#isCalm);
    if (isOnce && effects.length > 1) wrong.push(`${name} was executed ${effects.length} times`);
    for (const answer of answers) {
      if (!known.includes(answer)) wrong.push(`${name} got an answer that nobody gave: ${answer}`);
    }
    if (answers.size > 1 && (isOnce || !this.#isWild)) wrong.push(`the replies to ${name} differ`);
    for (const { code } of replies) {
      if (code === "REQUEST_ID_CONFLICT") wrong.push(`${name} conflicts with itself`);
      if (code === "STALE" && answers.size === 0) wrong.push(`${name} is stale without an answer`);
      if (code === "RESULT_NOT_RETAINED" && known.length === 0) wrong.push(`${name} did not run`);
    }
    return wrong;
  }

  #hangs(): string[] {
    const waiting = this.#servers.reduce((sum, { records }) => sum + records.running, 0);
    return waiting === 0 ? [] : [`${waiting} of ${this.#runs} never settled`];
  }

  // ---- how it happens ----------------------------------------------------------------------

  #run(
    mutation: Mutation,
    sending: Pick<RecordedRequest, "session" | "n" | "low"> & Partial<RecordedRequest>,
  ) {
    const server = this.#pick(this.#servers);
    const lookup = () => mutation.effects.at(-1);
    const repeat = mutation.repeat === "lookup" ? { lookup } : mutation.repeat;
    let hasBegun = false;
    const execute = () => {
      if (hasBegun) mutation.replies.push({ code: "REQUEST_ID_CONFLICT" }); // one sending began twice
      hasBegun = true;
      return this.#execute(mutation, server);
    };
    this.#runs++;
    const request = { ...mutation.request, ...sending, repeat };
    const reply = async () => server.records.run(request, execute);
    reply().then(
      ({ encoded }) => server.isUp && mutation.replies.push({ code: "answer", encoded }),
      (error: TRPCError) => {
        if (!(error.cause instanceof AppFailure)) throw error;
        if (server.isUp) mutation.replies.push({ code: error.cause.app.code });
        if (error.cause.app.code === "NOT_RECORDED" && hasBegun) {
          mutation.replies.push({ code: "RESULT_NOT_RETAINED" }, { code: "REQUEST_ID_CONFLICT" });
        }
      },
    );
  }

  /** A handler: begins, has its effect, and answers. */
  #execute(mutation: Mutation, server: Server): Promise<Answer> {
    return new Promise((resolve) => {
      const answer = () => {
        const isLarge = this.#random() < 0.1;
        const encoded = `${mutation.name}.${mutation.effects.length + 1}${isLarge ? "x".repeat(200) : ""}`;
        const given = { ok: this.#random() < 0.8, encoded };
        mutation.effects.push(given);
        this.#events.push({ server, happen: () => resolve(given) });
      };
      this.#events.push({ server, happen: answer });
    });
  }

  #startServer() {
    const incarnation = `i${this.#live.size}.${Math.floor(this.#random() * 2 ** 32)}`;
    this.#live.add(incarnation);
    // It has seen this epoch, and hears of another one only when it writes.
    const seen = this.#store.epoch;
    let server: Server;
    const far = <Name extends Operation>(name: Name) =>
      ((...given: never[]) => this.#ask(server, name, given)) as unknown as RequestStore[Name];
    const records = new RequestRecords({
      clock: this.#clock,
      incarnation,
      isLive: (other) => this.#live.has(other),
      ...(this.#fault.policy && { policy: this.#fault.policy }),
      store: {
        ...this.#store,
        caps: { survivesRestart: true, sharedByServers: true },
        epoch: seen,
        retentionMs: this.#store.retentionMs,
        maxAnswerBytes: this.#store.maxAnswerBytes,
        create: far("create"),
        read: far("read"),
        takeOver: far("takeOver"),
        settle: far("settle"),
        release: far("release"),
        forget: () => {}, // what servers would tell, the client tells in `#acknowledge`
        close: () => {},
      },
    });
    server = { incarnation, records, isUp: true };
    this.#servers.push(server);
  }

  /** An operation is done some time, and its result comes some time later. */
  #ask(server: Server, name: Operation, given: readonly never[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error("The network failed"));
      const happen = () => {
        const store: RequestStore = this.#store;
        const result = (store[name] as (...given: readonly never[]) => unknown)(...given);
        this.#events.push({ server, happen: () => resolve(result), fail });
      };
      const isFirst = name === "create" && given[2] === undefined;
      this.#events.push({ server, happen, fail, isFirst });
    });
  }

  #newStore(): RequestStore {
    const store = createMemoryRequestStore({ clock: this.#clock, maxAnswerBytes: 100 });
    const changes = this.#fault.breakStore?.(store) ?? {};
    return new Proxy(store, {
      get(target, name: keyof RequestStore) {
        if (name in changes) return changes[name];
        const value: unknown = target[name];
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #pick<Item>(items: readonly [Item, ...Item[]]): Item;
  #pick<Item>(items: readonly Item[]): Item;
  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }
}

type Operation = "create" | "read" | "takeOver" | "settle" | "release";

const isAnswer = ({ code }: Mutation["replies"][number]) => code === "answer";

/** Lives through seeds until one breaks a promise. */
async function explore(seeds: number, fault: Fault = {}): Promise<string | undefined> {
  for (let seed = 1; seed <= seeds; seed++) {
    const wrong = await new World(seed, fault).live();
    if (wrong.length > 0) return `seed ${seed}: ${wrong.join("; ")}`;
  }
  return undefined;
}

describe("the records of requests", () => {
  it("keep their promise in a thousand lives", async () => {
    expect(await explore(1_000)).toBeUndefined();
  }, 60_000);
});

describe("the explorer finds", () => {
  const asNever: typeof Decide = (asked, known) => decide({ ...asked, repeat: "safe" }, known);
  const faults: readonly (readonly [string, Fault, RegExp])[] = [
    [
      "a policy that runs again what was running on a dead server",
      { policy: (asked, known) => (known.stored === undefined ? decide : asNever)(asked, known) },
      /executed 2 times|differ/,
    ],
    [
      "a policy that forgets the epoch",
      {
        policy(asked, known) {
          const decision = decide(asked, { ...known, storeEpoch: asked.first?.storeEpoch ?? "" });
          return decision.name === "run" ? { name: "run", attempt: decision.attempt } : decision;
        },
      },
      /executed 2 times|differ/,
    ],
    [
      "a policy that forgets how old a request is",
      {
        policy: (asked, known) =>
          decide({ ...asked, first: asked.first && { ...asked.first, ageMs: 0 } }, known),
      },
      /executed 2 times|differ/,
    ],
    [
      "a policy that takes any server for dead",
      { policy: (asked, known) => decide(asked, { ...known, isLive: () => false }) },
      /differ|executed 2 times/,
    ],
    [
      "a store that does not fence off an older attempt",
      {
        breakStore: (store) => ({
          settle(...given) {
            const settling = store.settle(...given);
            return settling === "fenced" ? "settled" : settling;
          },
        }),
      },
      /differ/,
    ],
    [
      "a store that creates what exists",
      { breakStore: () => ({ create: () => ({ name: "created" }) }) },
      /executed \d+ times|differ/,
    ],
    [
      "a store that acknowledges what it does not keep",
      { breakStore: () => ({ settle: () => "settled" }) },
      /differ|never settled/,
    ],
    [
      "a store that takes back what may have run",
      {
        breakStore: (store) => ({
          read(id) {
            const record = store.read(id);
            return typeof record === "object" && "state" in record && record.state === "RUNNING"
              ? undefined
              : record;
          },
          create(id, draft) {
            store.create(id, draft);
            return { name: "created" };
          },
        }),
      },
      /executed \d+ times|differ/,
    ],
  ];

  it.each(faults)(
    "%s",
    async (_, fault, found) => {
      expect(await explore(1_000, fault)).toMatch(found);
    },
    60_000,
  );
});
