/**
 * Dispatch: the calls of one open connection, from message in to message out. Every call is
 * answered exactly once, and gives its place back only when its handler is really done: a
 * client that cancels slow calls can not pile them up.
 */
import type { Clock, Frame, Timer } from "@tautline/contracts/runtime";
import {
  type Dialect,
  initialCredit,
  type Limits,
  type Request,
  type RequestId,
} from "@tautline/contracts/wire";
import { abortReason, Call } from "../call/call.js";
import type { Lane } from "../call/lane.js";
import { type Failure, Subscription } from "../call/subscription.js";
import { appError, mayComeFromContract, refusedWith } from "../errors.js";
import type { WatchCall, WatchedCall } from "../observe/watch.js";
import { NothingRan } from "../session/requests/records.js";
import type { Answer, MaybePromise } from "../session/requests/store.js";
import { getTRPCErrorFromUnknown, TRPCError } from "../trpc.js";
import { EventSink } from "./event-sink.js";
import { type HeldFrame, HeldInput } from "./held-input.js";
import type { Outbox } from "./outbox.js";
import type { Place } from "./places.js";
import { type Recording, record, recordingOf } from "./recording.js";
import { RunningTable } from "./running-table.js";
import type { MessageWriter } from "./writer.js";

/**
 * What dispatch needs of its server.
 *
 * @typeParam Payload What its lanes encode to and its writer takes.
 */
export interface DispatchHost<Payload = string> {
  readonly limits: Limits;
  readonly clock: Clock;
  lane(path: string): Lane<Payload>;
  /** Puts messages together, from what the lanes encode to. */
  readonly writer: MessageWriter<Payload>;
  /** The encoded shape of a failure whose own shape could not be made. */
  encodeInternal(error: TRPCError, path: string): Payload;
  /** Tells the log and `onError`. */
  report(error: TRPCError, call: Call | undefined): void;
  /** Watches calls; left out where nobody wants to know. */
  readonly watch?: WatchCall | undefined;
}

/** What dispatch needs of its connection. */
export interface DispatchLine {
  readonly dialect: Dialect;
  readonly outbox: Outbox;
  readonly ctx: unknown;
  /** Counts the calls of its principal. */
  readonly place: Place;
  /** The hash of each procedure, when the client was built from another contract. */
  readonly procedureHashes?: ReadonlyMap<string, string> | undefined;
  /** Where its mutations are recorded, if they are. */
  readonly recording?: Recording | undefined;
  /** Names it where calls are watched. */
  readonly connectionId?: string | undefined;
  /** A message was refused: its id is taken, say, or a limit reached. */
  refused?(error: TRPCError, call: Call): void;
  /** A call failed that nobody waits for any more. */
  failedUnheard?(error: TRPCError, call: Call): void;
}

/** A call whose handler runs. */
export interface Running<Payload> {
  /** Where it is kept until it has ended. In the base dialect the ids of calls may repeat. */
  readonly key: RequestId | symbol;
  readonly call: Call;
  readonly lane: Lane<Payload>;
  /** The beginning of every message about this call, as the writer made it. */
  readonly head: unknown;
  answered: boolean;
  /** Whether what comes of it is an answer of the records. */
  isRecorded: boolean;
  /** What it keeps of its frame in memory, where that is heavy. */
  held: HeldFrame | undefined;
  deadline: Timer | undefined;
  /** How a recorded mutation failed, where it failed just now. */
  failure: TRPCError | undefined;
  subscription: Subscription | undefined;
  /** Credit that came while the handler was still to return its events. */
  earlyCredit: number;
  /** Whoever wants to know of it. */
  readonly watched: WatchedCall | undefined;
}

// Worst of JSON takes twenty times its characters: a third of a gigabyte with the defaults.
const heldFrames = 16;

type Refusable = Pick<Request, "id"> & Partial<Pick<Request, "jsonrpc" | "method" | "params">>;

/** Runs the calls of one connection. */
export class Dispatch<Payload = string> {
  readonly #host: DispatchHost<Payload>;
  readonly #line: DispatchLine;
  /** Queries and mutations whose handlers have not answered at once; made when there is one. */
  #calls: Map<RequestId | symbol, Running<Payload>> | undefined;
  /** Subscriptions by id, until their iterators are disposed of. */
  #subscriptions: RunningTable<Running<Payload>> | undefined;
  /** Made when there is something to hold. */
  #heldInput: HeldInput | undefined;
  /** Why nobody waits for anything any more. */
  #closedBy: TRPCError | undefined;

  constructor(host: DispatchHost<Payload>, line: DispatchLine) {
    this.#host = host;
    this.#line = line;
  }

  /**
   * Starts a call.
   *
   * @param arrivedMs When it arrived, by the clock: deadlines count from then.
   * @param nowMs By the clock.
   * @param frame What it came in, where that is heavy.
   */
  start(request: Request, batchIndex: number, arrivedMs: number, nowMs: number, frame?: HeldFrame) {
    const limitMs = this.#limitOf(request);
    const leftMs = arrivedMs + limitMs - nowMs;
    const refusal = leftMs <= 0 ? abortReason.deadline(limitMs) : this.#refusalOf(request, frame);
    if (refusal !== undefined) return this.refuse(request, refusal);
    if (frame !== undefined) this.#held.hold(frame);
    const running = this.#open(request, batchIndex, frame);
    if (request.method === "subscription") void this.#runSubscription(running, request);
    else {
      if (leftMs < Number.POSITIVE_INFINITY) running.call.expire(this.#host.clock, nowMs + leftMs);
      this.#runCall(running, request, limitMs, leftMs);
    }
  }

  /** Answers a message without starting anything. */
  refuse({ id, jsonrpc, method, params }: Refusable, error: TRPCError) {
    const path = params?.path ?? "";
    const call = new Call({ type: method ?? "query", path, ctx: this.#line.ctx });
    const encoded = this.#encodeError({ lane: this.#host.lane(path), call }, error);
    this.#push(this.#host.writer.error(this.#host.writer.head(id, jsonrpc), encoded));
    this.#line.refused?.(error, call);
  }

  /** Answers what was no message. */
  refuseMalformed(id: RequestId, reason: string) {
    this.refuse({ id }, refusedWith("BAD_REQUEST", reason));
  }

  /** The client gave a call up. */
  cancel(id: RequestId) {
    const running = this.#calls?.get(id);
    if (running === undefined) return this.stop(id);
    this.#giveUp(running, abortReason.cancelled());
  }

  /** The client wants no more events. */
  stop(id: RequestId) {
    const running = this.#subscriptions?.get(id);
    if (running === undefined) return;
    running.call.abort(abortReason.cancelled());
    running.subscription?.stop();
  }

  /** The client accepts more events. */
  credit(id: RequestId, count: number) {
    const running = this.#subscriptions?.get(id);
    if (running === undefined) return;
    if (running.subscription === undefined) running.earlyCredit += count;
    else running.subscription.addCredit(count);
  }

  /** The connection ended: nobody waits for anything. */
  close(closeCode: number) {
    const reason = abortReason.closed(closeCode);
    this.#closedBy = reason;
    for (const { call, deadline, watched } of this.#calls?.values() ?? []) {
      deadline?.cancel();
      call.abort(reason);
      watched?.settled(reason);
    }
    for (const { call, subscription } of this.#subscriptions?.values() ?? []) {
      call.abort(reason);
      subscription?.stop();
    }
  }

  /** Whether handlers of queries or mutations run. */
  get isBusy(): boolean {
    return this.#calls !== undefined && this.#calls.size > 0;
  }

  get #held(): HeldInput {
    this.#heldInput ??= new HeldInput(heldFrames * this.#host.limits.maxFrameBytes);
    return this.#heldInput;
  }

  #refusalOf({ id, method }: Request, frame: HeldFrame | undefined): TRPCError | undefined {
    const { limits } = this.#host;
    const { dialect, place } = this.#line;
    const isTaken =
      this.#subscriptions?.get(id) !== undefined || (dialect === "full" && this.#calls?.has(id));
    if (isTaken && (dialect === "full" || method === "subscription")) {
      return refusedWith("BAD_REQUEST", `Duplicate id ${id}`);
    }
    if (frame !== undefined && !this.#held.hasRoomFor(frame)) {
      const limit = heldFrames * limits.maxFrameBytes;
      const message = `Cannot hold more input of running calls than ${limit} characters`;
      return appError("TOO_MANY_CALLS", { limit }, message);
    }
    if (method === "subscription") {
      if ((this.#subscriptions?.size ?? 0) < limits.maxSubscriptions) return undefined;
      return tooMany("subscriptions", "maxSubscriptions", limits.maxSubscriptions);
    }
    if ((this.#calls?.size ?? 0) >= limits.maxCallsInFlight) {
      return tooMany("calls in flight", "maxCallsInFlight", limits.maxCallsInFlight);
    }
    if (place.take()) return undefined;
    return tooMany("calls in flight", "maxCallsPerPrincipal", limits.maxCallsPerPrincipal);
  }

  /** How long the call may take; for ever, where nobody says. */
  #limitOf({ method, params, deadlineMs }: Request): number {
    if (method === "subscription") return Number.POSITIVE_INFINITY;
    const limitMs = this.#host.lane(params.path).deadlineMs;
    // The base dialect does not know the member. PROTOCOL.md §4.1
    if (deadlineMs === undefined || this.#line.dialect === "base") return limitMs;
    return Math.min(deadlineMs, limitMs);
  }

  #open(
    { id, jsonrpc, method, params, trace }: Request,
    batchIndex: number,
    held: HeldFrame | undefined,
  ): Running<Payload> {
    const { ctx, dialect } = this.#line;
    const { path, lastEventId } = params;
    // Not the text that came, of which each subscription would keep one of its own.
    const type = method === "subscription" ? "subscription" : method;
    const isKnownById = type === "subscription" || dialect === "full";
    return {
      key: isKnownById ? id : Symbol("call"),
      call: new Call({ type, path, ctx, rawInput: undefined, lastEventId, batchIndex }),
      lane: this.#host.lane(path),
      head: this.#host.writer.head(id, jsonrpc),
      answered: false,
      isRecorded: false,
      held,
      deadline: undefined,
      failure: undefined,
      subscription: undefined,
      earlyCredit: 0,
      watched: this.#host.watch?.({
        kind: type,
        path,
        connectionId: this.#line.connectionId,
        trace,
      }),
    };
  }

  /** What the handler gave; a promise only where there is something to wait for. */
  #invoke({ call, lane, watched }: Running<Payload>, { params }: Request): unknown {
    if (!lane.accepts(call.type)) {
      throw refusedWith("NOT_FOUND", `No "${call.type}"-procedure on path "${call.path}"`);
    }
    call.rawInput = lane.decode(params.input);
    return watched === undefined ? lane.invoke(call) : watched.run(() => lane.invoke(call));
  }

  // ---- queries and mutations ---------------------------------------------------------------

  #runCall(running: Running<Payload>, request: Request, limitMs: number, leftMs: number) {
    let result: unknown;
    try {
      const recording = recordingOf(this.#line.recording, request);
      running.isRecorded = recording !== undefined;
      result = recording
        ? this.#record(recording, running, request)
        : this.#invoke(running, request);
      if (!(result instanceof Promise)) {
        this.#answer(running, result);
        return this.#callEnded(running);
      }
    } catch (cause) {
      result = Promise.reject(cause);
    }
    // From here on it can be given up: until now, nobody could have come to say so.
    if (this.#closedBy !== undefined) running.call.abort(this.#closedBy);
    this.#calls ??= new Map();
    this.#calls.set(running.key, running);
    if (Number.isFinite(limitMs)) {
      const passed = () => this.#giveUp(running, abortReason.deadline(limitMs));
      running.deadline = this.#host.clock.after(leftMs, passed);
    }
    void this.#awaitResult(running, result as Promise<unknown>);
  }

  async #awaitResult(running: Running<Payload>, result: Promise<unknown>) {
    try {
      this.#answer(running, await result);
    } catch (cause) {
      await this.#fail(running, cause);
    } finally {
      running.deadline?.cancel();
      this.#calls?.delete(running.key);
      this.#callEnded(running);
    }
  }

  #answer(running: Running<Payload>, value: unknown) {
    if (running.answered) return;
    if (running.isRecorded) return this.#answerRecorded(running, value as Answer);
    this.pushResult(running, running.lane.encode(value));
    running.answered = true;
    running.watched?.settled(undefined);
  }

  // ---- recorded mutations ------------------------------------------------------------------

  #record(recording: Recording, running: Running<Payload>, request: Request) {
    const execute = () => this.#execute(running, request);
    const { lookup } = running.lane;
    return record(
      recording,
      running,
      request,
      execute,
      lookup && (() => this.#lookup(running, request, lookup)),
    );
  }

  /** Runs a recorded mutation to its encoded answer, be it a failure. */
  #execute(running: Running<Payload>, request: Request): MaybePromise<Answer | NothingRan> {
    const answered = (value: unknown) => this.#toAnswer(running, value);
    const failed = (cause: unknown) => this.#toFailedAnswer(running, cause);
    try {
      const result = this.#invoke(running, request);
      if (!(result instanceof Promise)) return answered(result);
      return result.then(answered).catch(failed);
    } catch (cause) {
      return failed(cause);
    }
  }

  /**
   * Asks the application's own record what a mutation answered.
   *
   * @throws what that throws: then nobody knows.
   */
  async #lookup(
    running: Running<Payload>,
    { params }: Request,
    lookup: (call: Call) => unknown,
  ): Promise<Answer | undefined> {
    const { call, lane, watched } = running;
    // A call of its own, for steps change what they are given: it may have to run after that.
    const asking = new Call({ ...call, rawInput: lane.decode(params.input), signal: call.signal });
    asking.key = call.key;
    if (call.deadlineMs !== undefined) {
      const { clock } = this.#host;
      asking.expire(clock, clock.now() + call.deadlineMs);
    }
    const asked = () => lookup(asking);
    const found = await (watched === undefined ? asked() : watched.run(asked));
    if (found === undefined) return undefined;
    try {
      return this.#toAnswer(running, (found as { readonly output: unknown }).output);
    } catch (cause) {
      return (await this.#toFailedAnswer(running, cause)) as Answer;
    }
  }

  /** @throws TRPCError PAYLOAD_TOO_LARGE */
  #toAnswer({ lane, head }: Running<Payload>, value: unknown): Answer {
    const encoded = lane.encode(value);
    const refusal = this.#sizeRefusal(this.#host.writer.data(head, encoded));
    if (refusal !== undefined) throw refusal;
    return { ok: true, encoded: encoded as string | undefined };
  }

  async #toFailedAnswer(running: Running<Payload>, cause: unknown): Promise<Answer | NothingRan> {
    const { call, lane } = running;
    const error = await lane.toError(cause).catch(getTRPCErrorFromUnknown);
    // It was told to stop, and failed at that: what it has done by then nobody knows.
    if (call.abortedBy !== undefined) {
      this.#line.failedUnheard?.(error, call);
      throw error;
    }
    // The next version of the server may have it.
    if (error.code === "NOT_FOUND" && !lane.exists(call)) return new NothingRan(error);
    this.#host.report(error, call);
    running.failure = error;
    return { ok: false, encoded: this.#encodeError(running, error) as string };
  }

  /** Sends an answer, of this running or of one before it. */
  #answerRecorded(running: Running<Payload>, { ok, encoded }: Answer) {
    running.answered = true;
    const { writer } = this.#host;
    const payload = encoded as Payload; // only where lanes encode to text is anything recorded
    const frame = ok ? writer.data(running.head, payload) : writer.error(running.head, payload);
    this.#push(frame);
    running.watched?.settled(ok ? undefined : (running.failure ?? answeredBefore));
  }

  #callEnded({ held }: Running<Payload>) {
    if (held !== undefined) this.#held.letGo(held);
    this.#line.place.release();
  }

  // ---- subscriptions -----------------------------------------------------------------------

  async #runSubscription(running: Running<Payload>, request: Request) {
    this.#subscriptions ??= new RunningTable();
    this.#subscriptions.add(running);
    try {
      this.#follow(running, (await this.#invoke(running, request)) as AsyncIterable<unknown>);
    } catch (cause) {
      await this.subscriptionEnded(running, { cause });
    }
  }

  #follow(running: Running<Payload>, source: AsyncIterable<unknown>) {
    const { call, lane, held, head, earlyCredit, watched } = running;
    const events = watched === undefined ? source : watched.follow(source);
    if (held !== undefined) {
      running.held = this.#held.keepOnly(held, [call.rawInput, call.lastEventId]);
    }
    const { dialect, outbox } = this.#line;
    const isFull = dialect === "full";
    const sink = new EventSink(running, this, outbox);
    const credit = isFull ? initialCredit + earlyCredit : Number.POSITIVE_INFINITY;
    running.subscription = new Subscription(events, sink, lane.overflow, credit);
    if (call.abortedBy !== undefined) return running.subscription.stop();
    this.#push(this.#host.writer.started(head, isFull && lane.tracked));
    running.subscription.start();
  }

  /** Tells the client how one of its subscriptions has ended. */
  async subscriptionEnded(running: Running<Payload>, failure: Failure | undefined) {
    if (failure !== undefined) await this.#fail(running, failure.cause);
    this.#subscriptions?.delete(running);
    if (running.held !== undefined) this.#held.letGo(running.held);
    running.watched?.settled(running.call.abortedBy); // unless it has failed
    // A failure before the start stands alone; anything else ends with `stopped`. PROTOCOL.md §5.1
    const hasStarted = running.subscription !== undefined;
    if (hasStarted || !running.answered) this.#push(this.#host.writer.stopped(running.head));
  }

  // ---- messages ----------------------------------------------------------------------------

  /**
   * Sends a result or an event.
   *
   * @returns its length.
   * @throws TRPCError PAYLOAD_TOO_LARGE
   */
  pushResult({ head }: Running<Payload>, data: Payload | undefined, eventId?: string): number {
    const frame = this.#host.writer.data(head, data, eventId);
    const refusal = this.#sizeRefusal(frame);
    if (refusal !== undefined) throw refusal;
    this.#push(frame);
    return frame.length;
  }

  #sizeRefusal(frame: Frame): TRPCError | undefined {
    const { maxFrameBytes } = this.#host.limits;
    // UTF-8 takes at most three bytes for a UTF-16 unit, so most texts need no counting.
    if (frame.length * 3 <= maxFrameBytes) return undefined;
    const bytes = Buffer.byteLength(frame);
    if (bytes <= maxFrameBytes) return undefined;
    const message = `Cannot send a result of ${bytes} bytes: maxFrameBytes is ${maxFrameBytes}`;
    return appError("PAYLOAD_TOO_LARGE", { bytes, maxBytes: maxFrameBytes }, message);
  }

  #giveUp(running: Running<Payload>, reason: TRPCError) {
    running.call.abort(reason);
    this.#pushError(running, reason);
  }

  async #fail(running: Running<Payload>, cause: unknown) {
    // A schema of the contract may throw where it should refuse: that is a failure like any other.
    const error = await running.lane.toError(cause).catch(getTRPCErrorFromUnknown);
    // Who was given up is expected to fail, and has been answered.
    if (running.call.abortedBy !== undefined)
      return this.#line.failedUnheard?.(error, running.call);
    this.#host.report(error, running.call);
    this.#pushError(running, error);
  }

  #pushError(running: Running<Payload>, error: TRPCError) {
    if (running.answered) return;
    running.answered = true;
    running.watched?.settled(error);
    const toFrame = (failure: TRPCError) =>
      this.#host.writer.error(running.head, this.#encodeError(running, failure));
    const frame = toFrame(error);
    const refusal = frame && this.#sizeRefusal(frame);
    this.#push(refusal ? toFrame(refusal) : frame);
  }

  #encodeError({ lane, call }: Pick<Running<Payload>, "lane" | "call">, error: TRPCError): Payload {
    try {
      return lane.encodeError(error, call, this.#contractHint(error, call.path));
    } catch (cause) {
      // An errorFormatter that throws, or data that can not be encoded: still answered.
      const internal = getTRPCErrorFromUnknown(cause);
      this.#host.report(internal, call);
      return this.#host.encodeInternal(internal, call.path);
    }
  }

  /** What lets the client tell that the contracts differ where its call failed. PROTOCOL.md §6.3 */
  #contractHint(error: TRPCError, path: string): string | null | undefined {
    const { procedureHashes } = this.#line;
    if (procedureHashes === undefined || !mayComeFromContract(error)) return undefined;
    return procedureHashes.get(path) ?? null;
  }

  #push(frame: Frame | undefined) {
    if (this.#closedBy === undefined && frame !== undefined) this.#line.outbox.say(frame);
  }
}

// Of a failure that was recorded, only its encoded form is kept.
const answeredBefore = new TRPCError({ code: "CONFLICT", message: "It failed when it ran" });

function tooMany(what: string, name: string, limit: number) {
  const message = `Cannot run more ${what}: ${name} is ${limit}`;
  return appError("TOO_MANY_CALLS", { limit }, message);
}
