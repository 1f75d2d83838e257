/**
 * Procedures: what a client can ask of a server. A definition is plain data that both ends
 * read; the server adds a handler to it, the client a call.
 */
import type { AppErrorCode } from "./errors.js";
import { isSchema, type Schema } from "./schema.js";

/** The three ways to call. */
export type ProcedureKind = "query" | "mutation" | "subscription";

/** Declared errors by code: the schema says what travels with each. */
export type ErrorSchemas = Record<string, Schema>;

/**
 * What a subscriber gets who reads slower than the server produces.
 *
 * - `wait`: the generator is not asked for more until there is room. Nothing is lost.
 * - `latest`: only the newest event that was not sent yet is kept.
 * - `drop-oldest`: the newest 32 events that were not sent yet are kept.
 * - `cut`: with 32 events waiting, the subscription ends with the error `OVERFLOW`; a tracked one
 *   is resumed by the client from the last event it has.
 */
export type Overflow = "wait" | "latest" | "drop-oldest" | "cut";

/**
 * What may be done with a mutation whose outcome is unknown. PROTOCOL.md §10.4
 *
 * - `never`: nothing; the caller gets `OUTCOME_UNKNOWN`.
 * - `safe`: it is sent, and run, again; executing it twice does no harm.
 * - `lookup`: the server asks the application's own record, by the handler's `lookup`, whether it has
 *   run, and runs it only if it has not. A server without request records asks nobody: there it is
 *   `never`.
 */
export type Repeat = "never" | "safe" | "lookup";

/** One procedure of a contract, as both ends see it. */
export interface Procedure<
  Kind extends ProcedureKind,
  Input extends Schema | undefined,
  Output extends Schema,
  Errors extends ErrorSchemas,
  Tracked extends boolean = false,
  Policy extends Repeat = Repeat,
> {
  readonly kind: Kind;
  readonly input: Input;
  readonly output: Output;
  readonly errors: Errors;
  readonly tracked: Tracked;
  readonly overflow: Overflow;
  readonly repeat: Policy;
  readonly deadlineMs: number | undefined;
  readonly meta: object | undefined;
}

/** Any procedure, for constraints. */
export type AnyProcedure = Procedure<
  ProcedureKind,
  Schema | undefined,
  Schema,
  ErrorSchemas,
  boolean
>;

interface CommonOptions<
  Input extends Schema | undefined,
  Output extends Schema,
  Errors extends ErrorSchemas,
> {
  /** What a caller must send. Left out: nothing. */
  readonly input?: Input;
  /** What the server answers. Validated before it is sent. */
  readonly output: Output;
  /**
   * Failures that are answers: typed, expected, sent whole.
   *
   * @default {} none
   */
  readonly errors?: Errors & NoBuiltinCodes<Errors>;
  /** Anything that middleware on the server should know of this procedure. */
  readonly meta?: object;
}

/** Codes of our own may not be declared again: `isDeclared` could not tell them apart. */
type NoBuiltinCodes<Errors> = {
  readonly [Code in Extract<keyof Errors, AppErrorCode>]: `${Code} is a code of Tautline's own`;
};

interface DeadlineOption {
  /**
   * The longest one call may take, in milliseconds, on both ends. A caller may ask for less.
   *
   * @default none on the server; the client's own `deadlineMs` applies
   */
  readonly deadlineMs?: number;
}

/** Options of {@link query}. */
export type QueryOptions<
  Input extends Schema | undefined,
  Output extends Schema,
  Errors extends ErrorSchemas,
> = CommonOptions<Input, Output, Errors> & DeadlineOption;

/** Options of {@link mutation}. */
export type MutationOptions<
  Input extends Schema | undefined,
  Output extends Schema,
  Errors extends ErrorSchemas,
  Policy extends Repeat = Repeat,
> = CommonOptions<Input, Output, Errors> &
  DeadlineOption & {
    /**
     * What to do when nobody knows whether it ran. With `"lookup"` its handler is `{ run, lookup }`.
     *
     * @default "never"
     */
    readonly repeat?: Policy;
  };

/** Options of {@link subscription}. */
export type SubscriptionOptions<
  Input extends Schema | undefined,
  Output extends Schema,
  Errors extends ErrorSchemas,
  Tracked extends boolean,
> = CommonOptions<Input, Output, Errors> & {
  /**
   * Whether every event carries an id from which the subscription can be resumed. The handler
   * yields `tracked(id, data)` and reads `lastEventId`; the client receives `{ id, data }`.
   *
   * @default false
   */
  readonly tracked?: Tracked;
  /**
   * What a slow reader gets.
   *
   * @default "wait"
   */
  readonly overflow?: Overflow;
};

/**
 * Defines a query: it reads, changes nothing, and may be run again.
 *
 * @throws TypeError when a schema is not a Standard Schema or an option is out of range.
 * @example
 * ```ts
 * const list = query({ output: z.array(Incident) });
 * ```
 */
export function query<
  Output extends Schema,
  Input extends Schema | undefined = undefined,
  Errors extends ErrorSchemas = {},
>(options: QueryOptions<Input, Output, Errors>): Procedure<"query", Input, Output, Errors> {
  return define("query", options);
}

/**
 * Defines a mutation: it changes something, so it is never repeated unless `repeat` allows it.
 *
 * @throws TypeError when a schema is not a Standard Schema or an option is out of range.
 */
export function mutation<
  Output extends Schema,
  Input extends Schema | undefined = undefined,
  Errors extends ErrorSchemas = {},
  Policy extends Repeat = "never",
>(
  options: MutationOptions<Input, Output, Errors, Policy>,
): Procedure<"mutation", Input, Output, Errors, false, Policy> {
  return define("mutation", options);
}

/**
 * Defines a subscription: one request, any number of events. `output` describes one event.
 *
 * @throws TypeError when a schema is not a Standard Schema or an option is out of range.
 */
export function subscription<
  Output extends Schema,
  Input extends Schema | undefined = undefined,
  Errors extends ErrorSchemas = {},
  Tracked extends boolean = false,
>(
  options: SubscriptionOptions<Input, Output, Errors, Tracked>,
): Procedure<"subscription", Input, Output, Errors, Tracked> {
  return define("subscription", options);
}

/** The class of all definitions, so that a contract's walk can tell them from nested records. */
class ProcedureDefinition {}

const overflows: readonly Overflow[] = ["wait", "latest", "drop-oldest", "cut"];
const repeats: readonly Repeat[] = ["never", "safe", "lookup"];

// The three authoring functions above say the types; the one place that builds the value is untyped.
function define(kind: ProcedureKind, options: any): any {
  const { input, output, errors = {}, meta } = options;
  const { tracked = false, overflow = "wait", repeat = "never", deadlineMs } = options;

  if (!isSchema(output)) throw new TypeError(`Cannot define a ${kind}: output is not a schema`);
  if (input !== undefined && !isSchema(input)) {
    throw new TypeError(`Cannot define a ${kind}: input is not a schema`);
  }
  for (const [code, schema] of Object.entries(errors)) {
    if (!isSchema(schema)) {
      throw new TypeError(`Cannot define a ${kind}: the error ${code} is not a schema`);
    }
  }
  assertDeadline(kind, deadlineMs);
  if (!overflows.includes(overflow)) {
    throw new RangeError(
      `Cannot define a ${kind} with overflow "${overflow}": use one of ${overflows.join(", ")}`,
    );
  }
  if (!repeats.includes(repeat)) {
    throw new RangeError(
      `Cannot define a ${kind} with repeat "${repeat}": use one of ${repeats.join(", ")}`,
    );
  }
  const definition = { kind, input, output, errors, tracked, overflow, repeat, deadlineMs, meta };
  return Object.freeze(Object.assign(new ProcedureDefinition(), definition));
}

/**
 * Checks the deadline of a definition.
 *
 * @throws RangeError when it is no finite number above 0.
 */
export function assertDeadline(defined: string, deadlineMs: number | undefined) {
  if (deadlineMs === undefined || (Number.isFinite(deadlineMs) && deadlineMs > 0)) return;
  throw new RangeError(
    `Cannot define a ${defined} with deadlineMs ${deadlineMs}: it must be above 0`,
  );
}

/** Whether `value` came from {@link query}, {@link mutation} or {@link subscription}. */
export function isProcedure(value: unknown): value is AnyProcedure {
  return value instanceof ProcedureDefinition;
}
