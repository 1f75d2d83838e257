/**
 * Handlers: what a contract asks of its server, as types. One for each procedure, in the
 * contract's shape; one that is missing, misspelt or of another type does not compile.
 */
import type {
  AnyClientCall,
  AnyProcedure,
  AnyTopic,
  ErrorSchemas,
  HandlerInput,
  Procedure,
  Schema,
  SchemaInput,
} from "@tautline/contracts";
import type { TRPCError, TrackedEnvelope } from "./trpc.js";

/** What whoever serves a call is told of it. */
export interface ServedCall<Input, Ctx> {
  /** The parsed input. */
  readonly input: Input;
  /** What `createContext` made, and the steps added. */
  readonly ctx: Ctx;
  /** Aborts when the caller gave up, the deadline passed or the session ended; without one, the connection. */
  readonly signal: AbortSignal;
  /**
   * The time that is left for the call, in milliseconds; `undefined` without a deadline. A call to
   * another server inherits it, and its cancelling, when it is given these options as its own:
   * `await stock.count.query(sku, call)`.
   */
  readonly deadlineMs: number | undefined;
  /** The dotted name under which the procedure was called. */
  readonly path: string;
}

/** What a handler receives. */
export interface HandlerOptions<Input, Errors extends ErrorSchemas, Ctx>
  extends ServedCall<Input, Ctx> {
  /** Builds a declared error, to be thrown: `throw fail("OUT_OF_STOCK", { available })`. */
  readonly fail: <Code extends keyof Errors & string>(
    code: Code,
    data: SchemaInput<Errors[Code]>,
  ) => TRPCError;
}

/** What the handler of a tracked subscription receives besides. */
export interface Resumption {
  /** The id of the last event the client has; go on after it. */
  readonly lastEventId: string | undefined;
}

/** What the handler of a mutation with `repeat: "lookup"` receives besides. */
export interface Naming {
  /**
   * Names this mutation, alike each time it is sent: the `key` it was called with, else one made of
   * its session. `run` notes it with what it changes, and `lookup` finds it there. The client says
   * it, so it means something only among what belongs to the same user. `undefined` where nothing
   * is recorded: a caller on the server, HTTP, the base dialect, `requests: false`.
   */
  readonly key: string | undefined;
}

/** What a lookup has found; `undefined` says that the mutation surely has not run. */
export type Found<Output> = { readonly output: Output } | undefined;

/**
 * The handler of a mutation with `repeat: "lookup"`: how it runs, and how to find out whether it has
 * run when its request record does not tell.
 */
export interface LookedUp<Input, Output extends Schema, Errors extends ErrorSchemas, Ctx> {
  /** Runs it. */
  run(
    options: HandlerOptions<Input, Errors, Ctx> & Naming,
  ): SchemaInput<Output> | Promise<SchemaInput<Output>>;
  /**
   * Finds what it answered, in the application's own record. `undefined` lets it run, so `run` has
   * to write that record in one step with what it changes. An object around the output, which may be
   * undefined itself. Where it throws, the caller gets `OUTCOME_UNKNOWN`.
   *
   * Only request records ask, so here there always is a {@link Naming.key}.
   */
  lookup(
    options: ServedCall<Input, Ctx> & { readonly key: string },
  ): Found<SchemaInput<Output>> | Promise<Found<SchemaInput<Output>>>;
}

type Handler<P, Ctx> =
  P extends Procedure<
    infer Kind,
    infer Input,
    infer Output,
    infer Errors,
    infer Tracked,
    infer Policy
  >
    ? Kind extends "subscription"
      ? (
          options: HandlerOptions<HandlerInput<Input>, Errors, Ctx> &
            (Tracked extends true ? Resumption : unknown),
        ) => Events<Output, Tracked> | Promise<Events<Output, Tracked>>
      : Policy extends "lookup"
        ? LookedUp<HandlerInput<Input>, Output, Errors, Ctx>
        : (
            options: HandlerOptions<HandlerInput<Input>, Errors, Ctx>,
          ) => SchemaInput<Output> | Promise<SchemaInput<Output>>
    : never;

type Events<Output extends Schema, Tracked> = AsyncIterable<
  Tracked extends true ? TrackedEnvelope<SchemaInput<Output>> : SchemaInput<Output>
>;

/** A handler for every procedure of a contract, in the contract's shape. */
export type HandlersOf<C, Ctx> = {
  readonly [Name in keyof C as C[Name] extends AnyClientCall | AnyTopic
    ? never
    : Name]: C[Name] extends AnyProcedure ? Handler<C[Name], Ctx> : HandlersOf<C[Name], Ctx>;
};
