/**
 * Promises: what has to be true of two ends of a session, whatever becomes of their sockets. They are
 * watched from outside, by counting what passes on the wires: how the ends count is not asked.
 */
import { isCounted } from "@tautline/contracts/session";
import type { ServerEvent } from "../../packages/server/src/observe/events.js";
import type { End, Wire, WireWatch } from "./wire.js";

/** What a wire carries. */
interface Carried {
  session: string | undefined;
  /** How many counted messages of its session came before those on this wire, by the end they come to. */
  readonly base: Record<End, number>;
  /** How many came on this wire. */
  readonly arrived: Record<End, number>;
}

/** One session, as far as it shows. */
interface Seen {
  /** The most that an end can have heard. */
  readonly heard: Record<End, number>;
  /** What an end has told last of that. */
  readonly told: Record<End, number>;
  /** The wire on which the end was greeted last, or has greeted. */
  readonly wire: Record<End, number>;
}

/** What the client was told. */
export interface Heard {
  readonly events: { readonly stream: number; readonly n: number }[];
  /** How each call has settled: with its own number, or a code. */
  readonly answers: Map<number, number | string>;
}

/** What has to be true, and what was not. */
export class Promises implements WireWatch {
  readonly wrong: string[] = [];
  readonly heard: Heard = { events: [], answers: new Map() };
  /** Why a session may be lost: a restart, or its grace. */
  mayLoseSession = false;
  /** Why nobody may know what became of a mutation: there are no records, or a restart. */
  mayLoseRecords = false;
  /** On which an item is arriving, if one is. */
  wire: Wire | undefined;
  /** How many sessions the client was given. */
  sessionsBegun = 0;
  readonly #carried = new Map<number, Carried>();
  readonly #seen = new Map<string, Seen>();
  readonly #executed: { readonly n: number; readonly wire: number }[] = [];

  // ---- what passes ---------------------------------------------------------------------------

  sent(wire: Wire, by: End, text: string) {
    const carried = this.#carriedBy(wire);
    for (const message of messagesIn(text)) {
      if (message.method === "welcome") this.#welcomeSent(wire, carried, message.session);
      else if (message.method === "ack") this.#told(by, carried.session, message.received);
      else if (message.method === "hello" && message.session?.id !== undefined) {
        this.#told(by, message.session.id, message.session.received);
      }
    }
  }

  arrives(wire: Wire, at: End, text: string) {
    const carried = this.#carriedBy(wire);
    if (wire.stateOf(at) !== "open") return; // it says goodbye, and hears nothing more
    for (const message of messagesIn(text)) {
      if (message.method === "welcome") this.#welcomeArrives(wire, message.session);
      if (isCounted(message)) carried.arrived[at]++;
    }
    if (carried.session !== undefined) this.#note(carried, at);
  }

  #welcomeSent(wire: Wire, carried: Carried, given: any) {
    carried.session = given.id as string;
    if (given.resumed) {
      carried.base.client = given.from;
      carried.base.server = given.received;
      this.#told("server", given.id, given.received);
    }
    this.#note(carried, "server");
    this.#seenOf(given.id).wire.server = wire.number;
  }

  #welcomeArrives(wire: Wire, given: any) {
    this.#seenOf(given.id).wire.client = wire.number;
    if (given.resumed) return;
    this.sessionsBegun++;
    if (this.sessionsBegun > 1 && !this.mayLoseSession) this.#fail("a session is lost for nothing");
  }

  #note({ session, base, arrived }: Carried, at: End) {
    const { heard } = this.#seenOf(session!);
    heard[at] = Math.max(heard[at], base[at] + arrived[at]);
  }

  #told(by: End, session: string | undefined, received: number) {
    if (session === undefined) return this.#fail(`the ${by} acknowledges outside of a session`);
    const { heard, told } = this.#seenOf(session);
    if (received > heard[by]) {
      this.#fail(`the ${by} acknowledges ${received} messages and has heard ${heard[by]}`);
    }
    told[by] = received;
  }

  // ---- what is done --------------------------------------------------------------------------

  /** The server runs the call with this number. */
  executed(n: number) {
    const wire = this.wire?.number ?? 0;
    this.#executed.push({ n, wire });
    this.#mustBeLast("server");
    if (n % 2 === 1 && this.#executed.filter((each) => each.n === n).length > 1) {
      this.#fail(`mutation ${n} runs twice`);
    }
  }

  /** The client is told an event. */
  event(stream: number, n: number) {
    const { events } = this.heard;
    const last = events.at(-1);
    const isNext = last?.stream === stream ? n === last.n + 1 : n === 1;
    if (!isNext) this.#fail(`event ${n} follows event ${last?.stream === stream ? last.n : 0}`);
    if (last !== undefined && stream < last.stream) this.#fail("an event of an older stream comes");
    if (last !== undefined && stream !== last.stream && this.sessionsBegun < 2)
      this.#fail("a subscription begins anew in one session");
    events.push({ stream, n });
    this.#mustBeLast("client");
  }

  /** The client is told how a call has settled. */
  answer(n: number, outcome: number | string) {
    this.heard.answers.set(n, outcome);
    if (typeof outcome === "number") {
      if (outcome !== n) this.#fail(`call ${n} is answered with ${outcome}`);
      return this.#mustBeLast("client");
    }
    const isHonest =
      outcome === "OUTCOME_UNKNOWN" && n % 2 === 1 && this.mayLoseSession && this.mayLoseRecords;
    if (!isHonest) this.#fail(`call ${n} fails with ${outcome}`);
  }

  serverTold(event: ServerEvent) {
    const { type } = event;
    if (type === "session.refused") {
      const isKnown = event.reason === "secret" || event.reason === "principal"; // the thief
      if (!isKnown && !(event.reason === "unknown" && this.mayLoseSession)) {
        this.#fail(`a session is refused: ${event.reason}`);
      }
    }
    if (type === "session.ended" && event.reason !== "unclaimed" && !this.mayLoseSession) {
      this.#fail(`a session ends: ${event.reason}`);
    }
    if (type === "frame.unreadable") this.#fail(`the server can not read: ${event.reason}`);
  }

  /** The calls that ran, in order. */
  get ran(): readonly number[] {
    return this.#executed.map(({ n }) => n);
  }

  /** I10: once a session is greeted on a newer wire, nothing of it happens on an older one. */
  #mustBeLast(end: End) {
    if (this.wire === undefined) return;
    const { session } = this.#carriedBy(this.wire);
    const last = session === undefined ? 0 : this.#seenOf(session).wire[end];
    if (last > this.wire.number) {
      this.#fail(`the ${end} hears on socket ${this.wire.number} and on ${last}`);
    }
  }

  /**
   * Calls run in the order in which they were made, as long as there is one session: what is taken
   * back from a lost one may be behind what was made since.
   */
  checkOrder() {
    if (this.mayLoseSession) return;
    const last = new Map<string, number>();
    for (const { n, wire } of this.#executed) {
      const session = this.#carried.get(wire)?.session;
      if (session === undefined) continue;
      if (n <= (last.get(session) ?? 0)) {
        this.#fail(`call ${n} runs after call ${last.get(session)} of its session`);
      }
      last.set(session, n);
    }
  }

  /** What decides the future of this wire, for telling states apart. */
  summaryOf(wire: Wire, nameOf: (session: string) => string): string {
    const { session, base, arrived } = this.#carriedBy(wire);
    if (session === undefined) return `- ${arrived.server}`;
    const { client, server } = base;
    return `${nameOf(session)} ${client + arrived.client} ${server + arrived.server}`;
  }

  /** The same of a session. */
  summaryOfSession(session: string, wires: ReadonlyMap<number, number>): string {
    const { heard, told, wire } = this.#seenOf(session);
    const at = (number: number) => wires.get(number) ?? "gone";
    return `${heard.client} ${heard.server} ${told.client} ${told.server} ${at(wire.client)} ${at(wire.server)}`;
  }

  #carriedBy({ number }: Wire): Carried {
    let carried = this.#carried.get(number);
    if (carried === undefined) {
      carried = {
        session: undefined,
        base: { client: 0, server: 0 },
        arrived: { client: 0, server: 0 },
      };
      this.#carried.set(number, carried);
    }
    return carried;
  }

  #seenOf(session: string): Seen {
    let seen = this.#seen.get(session);
    if (seen === undefined) {
      const none = () => ({ client: 0, server: 0 });
      seen = { heard: none(), told: none(), wire: none() };
      this.#seen.set(session, seen);
    }
    return seen;
  }

  #fail(what: string) {
    if (!this.wrong.includes(what)) this.wrong.push(what);
  }
}

function messagesIn(text: string): any[] {
  return text === "PING" || text === "PONG" ? [] : [JSON.parse(text)].flat();
}
