/**
 * World: a client and a server of production, and what lies between them. Nothing happens in it but
 * what is done to it, one step at a time, and the same steps always come to the same.
 */
import { connectionOf, createClient } from "@tautline/client";
import { createManualClock } from "@tautline/testing";
import type { Budget, Spent } from "./budgets.js";
import { dueOf, fireNext, isDue } from "./clocks.js";
import { setHaste } from "./hasty.js";
import { Names } from "./names.js";
import { Promises } from "./promises.js";
import {
  createServerEnd,
  type explored,
  foreverMs,
  graceMs,
  type ServerEnd,
  type Stream,
} from "./server-end.js";
import { createWire, type End, isAlive, type Wire, type WireWatch } from "./wire.js";

/** One step, in words that can be read aloud and done again. */
export type Step = string;

const unwatched: WireWatch = { sent() {}, arrives() {} };
const manyEvents = 40;

/** A client, a server, and the wires between them. */
export class World {
  readonly promises = new Promises();
  /** The steps so far, with what they brought. */
  readonly story: string[] = [];
  readonly #budget: Budget;
  readonly spent: Spent = {
    calls: 0,
    pushes: 0,
    bursts: 0,
    losses: 0,
    reconnects: 0,
    restarts: 0,
    thieves: 0,
    graces: 0,
  };
  readonly clientClock = createManualClock();
  readonly wires: Wire[] = [];
  /** Those of which an end has broken. */
  readonly #broken = new Set<Wire>();
  readonly #api;
  readonly connection;
  server: ServerEnd;
  #streams = 0;
  /** Whether the client has said goodbye. */
  isClosing = false;
  turns: (() => void)[] = [];
  /** Of whoever has read an id somewhere. */
  readonly thieves: Wire[] = [];
  readonly #names = new Names();

  /** A world in which the client is about to dial. */
  static async begin(budget: Budget): Promise<World> {
    setHaste(budget.hastyAcks ?? false);
    const world = new World(budget);
    await world.#ready();
    return world;
  }

  private constructor(budget: Budget) {
    this.#budget = budget;
    this.promises.mayLoseRecords = !budget.keepsRecords;
    this.server = this.#start();
    this.#api = createClient<typeof explored>({
      url: "ws://explored/",
      connect: () => {
        const wire = createWire(this.wires.length + 1, this.promises);
        this.wires.push(wire);
        return wire.client;
      },
      clock: this.clientClock,
      random: () => 0,
      deadlineMs: Number.POSITIVE_INFINITY,
      connectTimeoutMs: foreverMs,
      heartbeat: { intervalMs: foreverMs, timeoutMs: foreverMs },
    });
    this.connection = connectionOf(this.#api);
    this.#api.numbers.subscribe(undefined, {
      onLost: "restart",
      onData: ({ stream, n }) => this.promises.event(stream, n),
      onError: (error) => this.promises.wrong.push(`the subscription fails: ${error.message}`),
    });
  }

  /** The steps that can be done now. */
  get steps(): Step[] {
    const steps: Step[] = [];
    for (const wire of this.wires) {
      const { number } = wire;
      const [client, server] = [wire.stateOf("client"), wire.stateOf("server")];
      if (client === "dialling") steps.push(`socket ${number} opens`);
      if (wire.pending("server").length > 0) steps.push(`socket ${number} to the server`);
      if (wire.pending("client").length > 0) steps.push(`socket ${number} to the client`);
      if (!this.#mayBreak(wire)) continue;
      if (client !== "closed") steps.push(`the client loses socket ${number}`);
      if (server === "open" || server === "closing")
        steps.push(`the server loses socket ${number}`);
    }
    if (this.turns.length > 0) steps.push("the server's turn ends");
    if (this.server.unanswered.length > 0) steps.push("a handler answers");
    if (this.#has("calls")) steps.push("the client calls");
    if (this.#has("pushes") && this.stream !== undefined) steps.push("the server has an event");
    if (this.#has("bursts") && this.stream !== undefined) steps.push("the server has many events");
    if (isDue(this.clientClock)) steps.push("the client's next timer");
    if (isDue(this.server.clock) && (this.#nextIsGrace ? this.#has("graces") : true)) {
      steps.push("the server's next timer");
    }
    if (this.#has("reconnects")) steps.push("the client reconnects");
    if (this.#has("restarts")) steps.push("the server restarts");
    if (this.#has("thieves") && this.sessions.length > 0) steps.push("a thief comes");
    return steps;
  }

  /** Does a step, and all that follows from it alone. */
  async do(step: Step) {
    const [, number, way] = /socket (\d+) ?(.*)$/.exec(step) ?? [];
    const wire = this.wires[Number(number) - 1];
    if (wire !== undefined) this.#doOn(wire, step, way!);
    else this.#doOwn(step);
    await this.#ready();
    this.promises.wire = undefined;
    this.promises.checkOrder();
    if (this.connection.state.name === "closed" && !this.isClosing) {
      this.promises.wrong.push(`the client is closed: ${this.connection.state.code}`);
    }
  }

  /** Equal for worlds with equal futures, as far as their past shows. */
  get key(): string {
    const alive = this.wires.filter(isAlive);
    const places = new Map(alive.map(({ number }, index) => [number, index]));
    const nameOf = (session: string) => this.#names.of(session);
    const { promises } = this;
    const parts = [
      JSON.stringify(this.spent),
      this.connection.state.name,
      "attempt" in this.connection.state ? this.connection.state.attempt : "",
      this.turns.length,
      this.server.unanswered.length,
      dueOf(this.clientClock),
      dueOf(this.server.clock),
      JSON.stringify([...promises.heard.answers]),
      JSON.stringify(promises.heard.events.at(-1)),
      promises.ran.join(),
      this.server.streams.map(({ number, pushed, isOver }) => `${number} ${pushed} ${isOver}`),
      ...alive.map((wire) =>
        [
          wire.stateOf("client"),
          wire.stateOf("server"),
          this.#broken.has(wire),
          promises.summaryOf(wire, nameOf),
          ...wire.pending("client").map((item) => this.#names.in(JSON.stringify(item))),
          "|",
          ...wire.pending("server").map((item) => this.#names.in(JSON.stringify(item))),
        ].join(" "),
      ),
      ...this.#names.all.map(([id, name]) => `${name} ${promises.summaryOfSession(id, places)}`),
      ...this.sessions.map(
        ({ id, said, unacknowledged, connectionId }) =>
          `${nameOf(id)} ${said} ${unacknowledged} ${connectionId === undefined}`,
      ),
    ];
    return parts.join("\n");
  }

  // ---- steps ---------------------------------------------------------------------------------

  #doOn(wire: Wire, step: Step, way: string) {
    this.promises.wire = wire;
    if (way === "opens") {
      this.#tell(step);
      return wire.open((socket) => this.server.accept(socket));
    }
    const end: End = step.includes("client") ? "client" : "server";
    if (way !== "") {
      const item = wire.pending(end)[0]!;
      const what = item.kind === "frame" ? this.#names.in(item.text) : `close ${item.code}`;
      this.#tell(`${step}: ${what}`);
      return wire.deliver(end);
    }
    this.#tell(step);
    if (!this.#broken.has(wire)) this.spent.losses++;
    this.#broken.add(wire);
    wire.lose(end);
  }

  #doOwn(step: Step) {
    this.#tell(step);
    switch (step) {
      case "the client calls":
        return this.#call(++this.spent.calls);
      case "a handler answers":
        return this.server.unanswered.shift()!();
      case "the server has an event":
        this.spent.pushes++;
        return this.stream?.push();
      case "the server has many events":
        this.spent.bursts++;
        return this.stream?.push(manyEvents);
      case "the client's next timer":
        return fireNext(this.clientClock);
      case "the server's next timer":
        if (this.#nextIsGrace) {
          this.spent.graces++;
          this.promises.mayLoseSession = true;
        }
        return fireNext(this.server.clock);
      case "the server's turn ends":
        return this.#endTurn();
      case "the client reconnects":
        this.spent.reconnects++;
        return this.connection.reconnect();
      case "the server restarts":
        this.spent.restarts++;
        return this.#restart();
      case "a thief comes":
        this.spent.thieves++;
        return this.#steal();
      default:
        throw new RangeError(`Cannot do "${step}"`);
    }
  }

  // Mutations and queries in turn: the odd ones must never run twice, whatever is lost.
  #call(n: number) {
    const calling = n % 2 === 1 ? this.#api.say.mutate(n) : this.#api.ask.query(n);
    calling.then(
      (answer) => this.promises.answer(n, answer),
      (error) => this.promises.answer(n, error.data?.app?.code ?? error.message),
    );
  }

  #start(): ServerEnd {
    return createServerEnd({
      executed: (n) => this.promises.executed(n),
      nextStream: () => ++this.#streams,
      event: (event) => this.promises.serverTold(event),
      afterTurn: (run) => void this.turns.push(run),
      keepsRecords: this.#budget.keepsRecords ?? false,
      answersLate: this.#budget.answersLate ?? false,
    });
  }

  #restart() {
    this.promises.mayLoseSession = true;
    this.promises.mayLoseRecords = true;
    this.turns = [];
    this.server = this.#start();
    for (const wire of this.wires.filter((each) => each.stateOf("server") !== "dialling")) {
      this.#broken.add(wire);
      wire.kill();
    }
  }

  #steal() {
    const wire = createWire(1_000 + this.spent.thieves, unwatched);
    wire.open((socket) => this.server.accept(socket));
    // Knows all but the secret the first time, and all but who to be the second.
    const isOther = this.spent.thieves % 2 === 0;
    const { id, secret } = this.sessions[0]!;
    const hello = {
      method: "hello",
      version: 1,
      session: { id, secret: isOther ? secret : secret.replace(/^./, "?"), received: 0 },
      credentials: isOther ? { user: "bob" } : null,
    };
    wire.client.send(JSON.stringify(hello));
    wire.deliver("server");
    this.thieves.push(wire);
  }

  // ---- parts ---------------------------------------------------------------------------------

  async #ready() {
    do {
      if (!this.#budget.slowTurns) this.#endTurn();
      await new Promise((resolve) => setImmediate(resolve));
    } while (!this.#budget.slowTurns && this.turns.length > 0);
    for (const { id } of this.sessions) this.#names.of(id);
  }

  #endTurn() {
    for (const run of this.turns.splice(0)) run();
  }

  #mayBreak(wire: Wire) {
    return isAlive(wire) && (this.#broken.has(wire) || this.#has("losses"));
  }

  #has(name: keyof Spent) {
    return this.spent[name] < this.#budget[name];
  }

  /** What the server serves last, of all that it serves. */
  get stream(): Stream | undefined {
    return this.server.streams.findLast(({ isOver }) => !isOver);
  }

  /** What the server keeps of the client. */
  get sessions(): ReturnType<ServerEnd["sessions"]["of"]> {
    return this.server.sessions.of("ana");
  }

  /** Acknowledgements are due within a second, sessions end after their grace. */
  get #nextIsGrace() {
    const { clock } = this.server;
    return (clock.due[0] ?? 0) - clock.now() > graceMs / 2;
  }

  #tell(line: string) {
    this.story.push(line);
  }
}
