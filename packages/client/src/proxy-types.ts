/**
 * The types of the client's proxy: what `api.incident.list.query` is, for a contract or for a
 * tRPC router.
 *
 * Every record is mapped name by name and keeps the contract's own declarations, so hovering a
 * call shows what the contract says of it, and go-to-definition lands there. Calls are generic
 * interfaces, not computed objects: the compiler makes their members only for the procedures
 * that a program uses (bench/types keeps the count).
 */
import type {
  AnyProcedure,
  CallerInput,
  EventOf,
  SchemaOutput,
  ShapeOf,
} from "@tautline/contracts";
import type { TRPCClientError, TRPCPromise } from "@trpc/client";
import type {
  AnyTRPCClientTypes,
  AnyTRPCProcedure,
  AnyTRPCRouter,
  inferProcedureErrorShape,
  inferProcedureInput,
  inferTransformedProcedureOutput,
  TRPCRouterRecord,
} from "@trpc/server";

/**
 * The typed proxy of a contract (`typeof app`) or of a tRPC router type: queries have
 * `.query()`, mutations `.mutate()`, subscriptions `.subscribe()`. Topics and client calls are
 * left out in this version.
 *
 * @example
 * ```ts
 * const api: Client<typeof app> = createClient<typeof app>({ url: "/line" });
 * const [incident, error] = await safe(api.incident.acknowledge.mutate({ id }));
 * ```
 */
export type Client<C> = C extends AnyTRPCRouter
  ? RouterCalls<C["_def"]["_config"]["$types"], C["_def"]["record"]>
  : ContractCalls<C, CallableName<C>>;

/** Options of `.query()` and `.mutate()`. */
export interface CallOptions {
  /** Gives the call up: its handler's signal aborts, and the promise rejects with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The longest the call may take, in milliseconds; then it fails with `DEADLINE_EXCEEDED`, or with
   * `NOT_SENT` if it never left. A contract's own `deadlineMs` still holds: the smaller one wins.
   *
   * @default the client's own `deadlineMs`
   */
  readonly deadlineMs?: number | undefined;
  /**
   * Names what a mutation does, in 1 to 128 characters of your own (a UUID made with the form, say):
   * sent twice under one key, by another tab or after a restart of the page, it runs once, and both
   * get its answer. The server keeps keys for 24 hours. PROTOCOL.md §10.2
   */
  readonly key?: string | undefined;
  /** Anything that links and observers of this client should know of the call. Not sent. */
  readonly context?: Record<string, unknown> | undefined;
}

/** Options of `.subscribe()`. */
export interface SubscribeOptions {
  /** Ends the subscription. An iterator then finishes without an error. */
  readonly signal?: AbortSignal | undefined;
  /**
   * What to do when the connection is lost and the events carry no ids to go on from. `fail`
   * ends the subscription with `STREAM_LOST`; `restart` subscribes anew, from the beginning.
   * Tracked subscriptions go on after the last event they have, whatever is said here.
   *
   * @default it ends
   */
  readonly onLost?: "fail" | "restart" | undefined;
  /** Where a tracked subscription begins: the `id` of the last event the caller has. */
  readonly lastEventId?: string | undefined;
}

/** A subscription's callbacks, named as tRPC's. With `onData`, `.subscribe()` takes them. */
export interface SubscribeCallbacks<Event, Shape> {
  /** The server has begun; once more after each resumption. */
  readonly onStarted?: (() => void) | undefined;
  /** One event. */
  readonly onData: (event: Event) => void;
  /** It ended with an error. Nothing follows. */
  readonly onError?: ((error: CallError<Shape>) => void) | undefined;
  /** The server said that there are no more events. `onComplete` follows. */
  readonly onStopped?: (() => void) | undefined;
  /**
   * It ended without an error: by the server, `unsubscribe()`, its signal, or the client's own
   * `close()`. Nothing follows.
   */
  readonly onComplete?: (() => void) | undefined;
  /** The connection under it was made, lost, or is being made again. */
  readonly onConnectionStateChange?:
    | ((state: SubscriptionConnectionState<Shape>) => void)
    | undefined;
}

/** Where the connection under a subscription stands, in tRPC's words. */
export interface SubscriptionConnectionState<Shape> {
  readonly type: "state";
  /** `idle`: there is none. `connecting`: it is being made. `pending`: it is open. */
  readonly state: "idle" | "connecting" | "pending";
  /** Why it is being made again, if it is. */
  readonly error: CallError<Shape> | null;
}

/** What a call of the proxy rejects with, and `safe()` returns beside the data. */
export type CallError<Shape> = TRPCClientError<CallErrorTypes<Shape>>;

/** A subscription that is followed by callbacks. */
export interface Unsubscribable {
  /** Ends it. `onComplete` follows. */
  unsubscribe(): void;
}

interface CallErrorTypes<Shape> {
  errorShape: Shape;
  transformer: boolean;
}

/** A query of the proxy. */
export interface QueryCall<Input, Output, Shape> {
  /** Asks once. Rejects with a {@link CallError}; `safe()` turns that into a value. */
  query(input: Input, options?: CallOptions): TRPCPromise<Output, Shape>;
}

/** A mutation of the proxy. */
export interface MutationCall<Input, Output, Shape> {
  /** Asks for a change, once. Rejects with a {@link CallError}; `safe()` turns that into a value. */
  mutate(input: Input, options?: CallOptions): TRPCPromise<Output, Shape>;
}

/** A subscription of the proxy. */
export interface SubscriptionCall<Input, Event, Shape> {
  /** Follows by callbacks, from now until `unsubscribe()` or the end. */
  subscribe(
    input: Input,
    options: SubscribeCallbacks<Event, Shape> & SubscribeOptions,
  ): Unsubscribable;
  /** Follows with `for await`. Leaving the loop ends the subscription; it can be iterated once. */
  subscribe(input: Input, options?: IterateOptions): EventIterator<Event>;
}

/** What `for await` reads a subscription with. Rejects with a {@link CallError}. */
export interface EventIterator<Event> extends AsyncIterableIterator<Event, void, undefined> {
  /** Ends the subscription. */
  return(): Promise<IteratorResult<Event, void>>;
}

// Callbacks without onData would neither be called back nor iterated: they fit no overload.
interface IterateOptions extends SubscribeOptions {
  readonly onStarted?: never;
  readonly onData?: never;
  readonly onError?: never;
  readonly onStopped?: never;
  readonly onComplete?: never;
  readonly onConnectionStateChange?: never;
}

/** The names a client can call, or find such names under. */
type CallableName<C> = {
  [Name in keyof C]: C[Name] extends { readonly kind: "topic" | "clientCall" } ? never : Name;
}[keyof C];

// The names are a parameter of their own because an `as` clause, which could leave names out as
// well, would lose the declarations that hovering and go-to-definition need.
type ContractCalls<C, Names extends keyof C> = {
  readonly [Name in Names]: C[Name] extends AnyProcedure
    ? CallOf<C[Name]>
    : ContractCalls<C[Name], CallableName<C[Name]>>;
};

type CallOf<P extends AnyProcedure> = P["kind"] extends "query"
  ? QueryCall<Omittable<CallerInput<P["input"]>>, SchemaOutput<P["output"]>, ShapeOf<P["errors"]>>
  : P["kind"] extends "mutation"
    ? MutationCall<
        Omittable<CallerInput<P["input"]>>,
        SchemaOutput<P["output"]>,
        ShapeOf<P["errors"]>
      >
    : SubscriptionCall<
        Omittable<CallerInput<P["input"]>>,
        EventOf<P["output"], P["tracked"]>,
        ShapeOf<P["errors"]>
      >;

/** An input that may be undefined may be left out as well: only `void` says that to TypeScript. */
type Omittable<Input> = undefined extends Input ? Input | void : Input;

type RouterCalls<Root extends AnyTRPCClientTypes, Record> = {
  readonly [Name in keyof Record]: Record[Name] extends infer Value
    ? Value extends AnyTRPCProcedure
      ? RouterCallOf<Root, Value>
      : Value extends TRPCRouterRecord
        ? RouterCalls<Root, Value>
        : never
    : never;
};

type RouterCallOf<
  Root extends AnyTRPCClientTypes,
  P extends AnyTRPCProcedure,
> = P["_def"]["type"] extends "query"
  ? QueryCall<
      inferProcedureInput<P>,
      inferTransformedProcedureOutput<Root, P>,
      inferProcedureErrorShape<Root, P>
    >
  : P["_def"]["type"] extends "mutation"
    ? MutationCall<
        inferProcedureInput<P>,
        inferTransformedProcedureOutput<Root, P>,
        inferProcedureErrorShape<Root, P>
      >
    : SubscriptionCall<
        inferProcedureInput<P>,
        YieldOf<inferTransformedProcedureOutput<Root, P>>,
        inferProcedureErrorShape<Root, P>
      >;

type YieldOf<Output> = Output extends AsyncIterable<infer Event, any, any> ? Event : Output;
