/**
 * `implement(contract)`: handlers for a contract become an ordinary tRPC router. What tRPC can do
 * with a router (callers, HTTP adapters, merging) works on it; a Tautline server recognises its
 * procedures and runs them without tRPC's chain.
 */
import {
  type AnyProcedure,
  type Contract,
  type ContractDraft,
  entriesOf,
  isProcedure,
  type RouterOf,
} from "@tautline/contracts";
import { Call } from "./call/call.js";
import { type AnyHandler, compiledKey, compileProcedure } from "./call/compiled.js";
import { lastEventIdOf } from "./call/last-event-id.js";
import { toErrorShape } from "./errors.js";
import type { HandlersOf } from "./handlers.js";
import { transformer } from "./transformer.js";
import {
  type AnyTRPCMiddlewareFunction,
  initTRPC,
  type TRPCMiddlewareBuilder,
  type TRPCMiddlewareFunction,
} from "./trpc.js";

type Overwrite<Base, With> = Omit<Base, keyof With> & With;

/** Builds a router in steps; each method returns a new builder. */
export interface Implementation<C extends ContractDraft, Ctx extends object, Added extends object> {
  /** Says what `createContext` makes. Call it before `use`. */
  context<NewCtx extends object>(): Implementation<C, NewCtx, object>;
  /**
   * Adds a step that runs before the input is parsed. It has tRPC's middleware signature: call
   * `next`, return what it gave, see failures as results; `t.middleware(…)` fits as well.
   *
   * @example
   * ```ts
   * implement(app).context<Ctx>().use(({ ctx, next }) => {
   *   if (ctx.user === undefined) throw new TRPCError({ code: "UNAUTHORIZED" });
   *   return next({ ctx: { user: ctx.user } });
   * })
   * ```
   */
  use<NewlyAdded extends object>(
    step:
      | TRPCMiddlewareFunction<Ctx, object, Added, NewlyAdded, unknown>
      | TRPCMiddlewareBuilder<Overwrite<Ctx, Added>, object, NewlyAdded, unknown>,
  ): Implementation<C, Ctx, Overwrite<Added, NewlyAdded>>;
  /**
   * Ends with the handlers.
   *
   * @throws TypeError when a handler is missing or there is one too many, which the types say
   * already, or when the contract has topics or client calls.
   */
  router(handlers: HandlersOf<C, Overwrite<Ctx, Added>>): RouterOf<C, Ctx>;
}

const contracts = new WeakMap<object, Contract>();

/** The contract a router was built from by {@link implement}, if it was. */
export function contractOf(router: object): Contract | undefined {
  return contracts.get(router);
}

/**
 * Starts the implementation of a contract.
 *
 * @example
 * ```ts
 * const router = implement(app).context<Ctx>().router({
 *   greet: ({ input }) => `Hello ${input.name}`,
 * });
 * ```
 */
export function implement<C extends ContractDraft>(
  definition: C,
): Implementation<C, object, object> {
  return builder(definition as Contract, []) as never;
}

function builder(
  definition: Contract,
  steps: readonly AnyTRPCMiddlewareFunction[],
): Implementation<any, any, any> {
  return {
    context: () => builder(definition, steps),
    use(step) {
      const added = "_middlewares" in step ? step._middlewares : [step];
      return builder(definition, [...steps, ...(added as AnyTRPCMiddlewareFunction[])]);
    },
    router: (handlers) => buildRouter(definition, handlers, steps) as never,
  };
}

function buildRouter(
  definition: Contract,
  handlers: unknown,
  steps: readonly AnyTRPCMiddlewareFunction[],
) {
  for (const [path, entry] of entriesOf(definition)) {
    if (isProcedure(entry)) continue;
    throw new TypeError(
      `Cannot implement the ${entry.kind === "topic" ? "topic" : "client call"} "${path}": this version serves queries, mutations and subscriptions`,
    );
  }
  const t = createRoot();

  function build(part: Contract, handlersOfPart: unknown, prefix: string): any {
    const given = new Map(Object.entries((handlersOfPart ?? {}) as Record<string, unknown>));
    const record: Record<string, any> = {};
    for (const [name, entry] of Object.entries(part)) {
      const path = prefix + name;
      const handler = given.get(name);
      given.delete(name);
      if (!isProcedure(entry)) record[name] = build(entry as Contract, handler, `${path}.`);
      else record[name] = toTRPCProcedure(t, entry, toHandlers(entry, handler, path), steps);
    }
    const [extra] = given.keys();
    if (extra !== undefined) {
      throw new TypeError(`Cannot implement "${prefix}${extra}": the contract has no such name`);
    }
    return t.router(record);
  }

  const router = build(definition, handlers, "");
  contracts.set(router, definition);
  return router;
}

interface Handlers {
  readonly run: AnyHandler;
  readonly lookup?: AnyHandler;
}

/** @throws TypeError when it is not what the contract asks for. */
function toHandlers({ repeat }: AnyProcedure, handler: unknown, path: string): Handlers {
  const isLookedUp = repeat === "lookup";
  if (handler === undefined) {
    throw new TypeError(`Cannot implement "${path}": its handler is missing`);
  }
  if (typeof handler === "function" && !isLookedUp) return { run: handler as AnyHandler };
  const { run, lookup } = Object(handler);
  if (isLookedUp && typeof run === "function" && typeof lookup === "function") {
    return { run, lookup };
  }
  const wanted = isLookedUp ? "{ run, lookup }, with two functions" : "a function";
  throw new TypeError(`Cannot implement "${path}": its handler has to be ${wanted}`);
}

function createRoot() {
  // Stacks never leave the server, whatever NODE_ENV says: isDev would put them into replies.
  return initTRPC.create({ transformer, isDev: false, allowOutsideOfServer: true });
}

function toTRPCProcedure(
  t: ReturnType<typeof createRoot>,
  definition: AnyProcedure,
  { run, lookup }: Handlers,
  steps: readonly AnyTRPCMiddlewareFunction[],
) {
  const compiled = compileProcedure(definition, run, steps, lookup);

  async function resolve(options: any): Promise<unknown> {
    const { rawInput, lastEventId = lastEventIdOf(options.signal) } = splitLastEventId(
      definition,
      options.input,
    );
    const call = new Call({ ...options, type: definition.kind, rawInput, lastEventId });
    try {
      const result = await compiled.invoke(call);
      return definition.kind === "subscription"
        ? parsedEvents(compiled, result as AsyncIterable<unknown>)
        : result;
    } catch (cause) {
      throw await compiled.toError(cause);
    }
  }

  // The input parser hands the raw input through: the compiled procedure parses, once.
  const base = t.procedure
    .meta(definition.meta ?? {})
    .errors(({ error, path }) => toErrorShape(error, path))
    .input((raw: unknown) => raw);
  const procedure = base[definition.kind as "query"](resolve as any);
  return Object.assign(procedure, { [compiledKey]: compiled });
}

async function* parsedEvents(
  compiled: ReturnType<typeof compileProcedure>,
  events: AsyncIterable<unknown>,
) {
  try {
    for await (const event of events) {
      yield await compiled.parseEvent(event);
    }
  } catch (cause) {
    throw await compiled.toError(cause);
  }
}

/**
 * tRPC's own adapters put `lastEventId` into the input object. A tracked procedure's schema should
 * never see it there, unless it names the field itself.
 */
function splitLastEventId(definition: AnyProcedure, input: unknown) {
  if (!definition.tracked || typeof input !== "object" || input === null) {
    return { rawInput: input, lastEventId: undefined };
  }
  const { lastEventId, ...rest } = input as { lastEventId?: unknown };
  if (typeof lastEventId !== "string") return { rawInput: input, lastEventId: undefined };
  const shape = (definition.input as { readonly shape?: object } | undefined)?.shape;
  if (shape !== undefined && "lastEventId" in shape) return { rawInput: input, lastEventId };
  const onlyThat = definition.input === undefined || Object.keys(rest).length === 0;
  return { rawInput: onlyThat && shape === undefined ? undefined : rest, lastEventId };
}
