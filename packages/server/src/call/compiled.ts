/**
 * Compiled procedures: a contract's schemas, the builder's steps and the handler as one function.
 *
 * tRPC's own chain awaits a middleware for each schema; that is most of the cost of a small
 * call. The tRPC procedure that `implement` builds calls the very same function, so callers,
 * HTTP adapters and stock servers behave alike. DESIGN: two lanes, one meaning.
 */
import type { AnyProcedure, SchemaResult, Validate } from "@tautline/contracts";
import {
  compileDecoder,
  compileEncoder,
  compileTrackedEncoder,
} from "@tautline/contracts/wire/schema-codec";
import { AppFailure, appError, declaredError } from "../errors.js";
import { compileParse, toPlainIssues } from "../parse.js";
import {
  type AnyTRPCMiddlewareFunction,
  getTRPCErrorFromUnknown,
  isTrackedEnvelope,
  TRPCError,
  tracked,
} from "../trpc.js";
import type { Call } from "./call.js";

/** A handler as the compiled procedure sees it; its types are the contract's. */
export type AnyHandler = (call: any) => unknown;

/** A procedure that runs without tRPC's chain. */
export interface CompiledProcedure {
  readonly definition: AnyProcedure;
  /**
   * Runs the steps, validates the input and calls the handler. A query or mutation gives the
   * validated output, a subscription the handler's iterable: its events go through `parseEvent`.
   * Either is a promise where there is something to wait for. What is thrown, here or by the
   * iterable, goes through `toError`.
   */
  invoke(call: Call): unknown;
  /**
   * Runs the steps and asks the application's own record: `{ output }` with the validated output of
   * the mutation, or `undefined` when it has not run; a promise of it where that takes time.
   */
  readonly lookup: ((call: Call) => unknown) | undefined;
  /** Validates one event; the id of a tracked one is kept. */
  parseEvent(event: unknown): unknown;
  /** What a failure is to the caller: declared errors are held to their schemas, so call it once. */
  toError(cause: unknown): Promise<TRPCError>;
  /** Decodes an input as it came over the wire. */
  decode(encoded: unknown): unknown;
  /** Encodes a validated output or event as JSON text. */
  encode(value: unknown): string;
  /** Encodes the event of a tracked subscription. */
  encodeTracked(id: string, data: unknown): string;
}

/**
 * Where a compiled procedure hangs on its tRPC procedure. On the procedure, not in a table of its
 * router: merged and nested routers hold the same procedures.
 */
export const compiledKey = Symbol("tautline.compiled");

/** The compiled procedure behind a tRPC procedure, if it has one. */
export function compiledOf(procedure: unknown): CompiledProcedure | undefined {
  return (procedure as { readonly [compiledKey]?: CompiledProcedure } | undefined)?.[compiledKey];
}

/**
 * Compiles one procedure.
 *
 * @param lookup Finds out whether it has run, where the contract says `repeat: "lookup"`.
 */
export function compileProcedure(
  definition: AnyProcedure,
  handler: AnyHandler,
  steps: readonly AnyTRPCMiddlewareFunction[],
  lookup?: AnyHandler,
): CompiledProcedure {
  const parseInput = compileParse(definition.input);
  const parseOutput = compileParse(definition.output);
  const parseErrors = new Map<string, Validate>(
    Object.entries(definition.errors).map(([code, schema]) => [code, compileParse(schema)]),
  );

  function fail(code: string, data: unknown) {
    if (parseErrors.has(code)) return declaredError(code, data);
    throw new TypeError(`Cannot fail with ${code}: the contract does not declare it here`);
  }

  // Promises only where there is something to wait for: each costs a turn of microtasks.
  function withSteps(called: AnyHandler, toResult: (returned: unknown) => unknown) {
    const callWith = (call: Call, parsed: SchemaResult<unknown>): unknown => {
      call.input = inputOf(parsed);
      const returned = called(new Options(call, fail));
      return isThenable(returned) ? Promise.resolve(returned).then(toResult) : toResult(returned);
    };
    const handle = (call: Call): unknown => {
      const parsed = parseInput(call.rawInput);
      if (parsed instanceof Promise) return parsed.then((result) => callWith(call, result));
      return callWith(call, parsed);
    };
    return steps.length === 0 ? handle : runSteps(steps, definition, handle);
  }

  function toOutput(value: unknown): unknown {
    if (definition.kind === "subscription") {
      if (typeof (value as any)?.[Symbol.asyncIterator] === "function") return value;
      throw new TypeError("A subscription's handler returns an async iterable: write it `async *`");
    }
    const output = parseOutput(value);
    return output instanceof Promise ? output.then(outputOf) : outputOf(output);
  }

  function toFound(found: unknown): unknown {
    if (found === undefined) return undefined;
    if (typeof found !== "object" || found === null || !("output" in found)) {
      throw new TypeError("A lookup gives { output }, or undefined when it did not run");
    }
    const output = toOutput(found.output);
    return output instanceof Promise ? output.then((value) => ({ output: value })) : { output };
  }

  return {
    definition,
    invoke: withSteps(handler, toOutput),
    lookup: lookup && withSteps(lookup, toFound),
    toError: async (cause) =>
      checkDeclared(getTRPCErrorFromUnknown(cause), definition.errors, parseErrors),
    parseEvent(event) {
      if (isTrackedEnvelope(event)) {
        const [id, data] = event;
        const parsed = parseOutput(data);
        if (parsed instanceof Promise)
          return parsed.then((result) => tracked(id, outputOf(result)));
        return tracked(id, outputOf(parsed));
      }
      const parsed = parseOutput(event);
      return parsed instanceof Promise ? parsed.then(outputOf) : outputOf(parsed);
    },
    decode: compileDecoder(definition.input),
    encode: compileEncoder(definition.output),
    encodeTracked: compileTrackedEncoder(definition.output),
  };
}

/** What a handler is given: fields of its own, so that `{ ...options, more }` has them all. */
class Options {
  readonly #call: Call;
  readonly input: unknown;
  readonly ctx: unknown;
  readonly path: string;
  readonly type: Call["type"];
  readonly lastEventId: string | undefined;
  readonly key: string | undefined;
  readonly fail: (code: string, data: unknown) => TRPCError;

  constructor(call: Call, fail: (code: string, data: unknown) => TRPCError) {
    this.#call = call;
    this.input = call.input;
    this.ctx = call.ctx;
    this.path = call.path;
    this.type = call.type;
    this.lastEventId = call.lastEventId;
    this.key = call.key;
    this.fail = fail;
    Object.defineProperty(this, "signal", Options.#signal);
  }

  // On the prototype, where it costs nothing: spread, it is lost, and then it is no time to inherit.
  get deadlineMs(): number | undefined {
    return this.#call.deadlineMs;
  }

  // Still a getter: the signal is made for those who ask, and spreading asks. One getter for all: a
  // literal's own takes half a kilobyte and a microsecond, each time.
  static readonly #signal: PropertyDescriptor & ThisType<Options> = {
    get() {
      return this.#call.signal;
    },
    enumerable: true,
  };
}

// Query builders of databases are awaited, and are no Promise.
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === "function";
}

function inputOf(result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = toPlainIssues(result.issues);
  const first = issues[0];
  const where = first && first.path.length > 0 ? ` at ${first.path.join(".")}` : "";
  throw appError("INVALID_INPUT", { issues }, `Invalid input${where}: ${first?.message}`);
}

function outputOf(result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = JSON.stringify(toPlainIssues(result.issues));
  throw new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    cause: new Error(`The handler's output does not fit the contract: ${issues}`),
  });
}

/** The schema that the data of a declared error has been held to. */
const heldTo = new WeakMap<AppFailure, unknown>();

/** A declared error is an answer, so its data has to fit the contract like any other answer. */
async function checkDeclared(
  error: TRPCError,
  schemas: AnyProcedure["errors"],
  parseErrors: ReadonlyMap<string, Validate>,
): Promise<TRPCError> {
  const { cause } = error;
  if (!(cause instanceof AppFailure && cause.declared)) return error;
  const { code, data } = cause.app;
  const parse = parseErrors.get(code);
  if (parse === undefined) return error; // declared by another procedure that was called inside
  // By one that shares the schema: what a transform made of the data would not fit a second time.
  if (heldTo.get(cause) === schemas[code]) return error;
  const result = await parse(data);
  if (result.issues === undefined) {
    const checked = declaredError(code, result.value);
    heldTo.set(checked.cause as AppFailure, schemas[code]);
    return checked;
  }
  const issues = JSON.stringify(toPlainIssues(result.issues));
  return new TRPCError({
    code: "INTERNAL_SERVER_ERROR",
    cause: new Error(`The data of the error ${code} does not fit the contract: ${issues}`),
  });
}

type StepResult =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: TRPCError };

/**
 * Runs the builder's steps as tRPC runs middleware: each may add to the context, sees failures as
 * results, and has to return what `next` gave.
 */
function runSteps(
  steps: readonly AnyTRPCMiddlewareFunction[],
  definition: AnyProcedure,
  handle: (call: Call) => unknown,
) {
  async function runFrom(
    index: number,
    call: Call,
    ctx: unknown,
    getRawInput: () => Promise<unknown>,
  ): Promise<StepResult> {
    const step = steps[index];
    try {
      if (step === undefined) {
        const rawInput = await getRawInput(); // a step may have replaced it
        call.ctx = ctx;
        call.rawInput = rawInput;
        return marked({ ok: true, data: await handle(call) });
      }
      const result: unknown = await step({
        ctx,
        type: call.type,
        path: call.path,
        input: undefined,
        getRawInput,
        meta: definition.meta,
        // A getter: most steps only look at the context, and the signal is made when asked for.
        get signal() {
          return call.signal;
        },
        batchIndex: call.batchIndex,
        next(options?: { ctx?: object; getRawInput?: () => Promise<unknown> }): any {
          const nextCtx = options?.ctx ? { ...(ctx as object), ...options.ctx } : ctx;
          return runFrom(index + 1, call, nextCtx, options?.getRawInput ?? getRawInput);
        },
      });
      if (isStepResult(result)) return result;
      throw new TRPCError({
        code: "INTERNAL_SERVER_ERROR",
        cause: new Error("A step has to return what next() gave, and returned something else"),
      });
    } catch (cause) {
      return marked({ ok: false, error: getTRPCErrorFromUnknown(cause) });
    }
  }

  return async (call: Call): Promise<unknown> => {
    const result = await runFrom(0, call, call.ctx, async () => call.rawInput);
    if (result.ok) return result.data;
    throw result.error;
  };
}

function isStepResult(result: unknown): result is StepResult {
  return typeof (result as Partial<StepResult> | null | undefined)?.ok === "boolean";
}

// tRPC's middleware result carries a marker so that its types can insist on it being returned.
function marked(result: StepResult): StepResult {
  return Object.assign(result, { marker: "middlewareMarker" });
}
