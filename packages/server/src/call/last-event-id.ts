/**
 * Where a tracked subscription goes on. tRPC hands the id to a handler as a member of its input,
 * and an input has room for it only where it is an object that allows one more member. Here it
 * reaches every handler, and is put into the input only where that takes it. PROTOCOL.md §5.2
 */
import { isSchema, type RuntimeSchema } from "@tautline/contracts";
import type { AnyTRPCRouter } from "../trpc.js";

const lastEventIds = new WeakMap<AbortSignal, string>();

/** Ties the id to the signal of its call: handlers are given nothing else that is theirs alone. */
export function keepLastEventId(signal: AbortSignal, lastEventId: string) {
  lastEventIds.set(signal, lastEventId);
}

/**
 * The id of the last event that the client has of this subscription, whatever the type of its input;
 * `undefined` when it begins.
 *
 * A contract's handlers are given it as `lastEventId`. This is for handlers of routers built with
 * tRPC, where an input without room for it would lose it.
 *
 * @example
 * ```ts
 * t.procedure.input(z.string()).subscription(({ input: room, signal }) =>
 *   messages.after(room, lastEventIdOf(signal)),
 * );
 * ```
 */
export function lastEventIdOf(signal: AbortSignal | undefined): string | undefined {
  return signal && lastEventIds.get(signal);
}

/**
 * The input with the id in it, as tRPC puts it there: into an object, or in the place of nothing.
 * Where the procedure's schemas take the input only as it was, it is left so.
 */
export async function withLastEventId(
  router: AnyTRPCRouter,
  path: string,
  input: unknown,
  lastEventId: string,
): Promise<unknown> {
  const isPlain = typeof input === "object" && input !== null && !Array.isArray(input);
  if (!isPlain && input !== undefined && input !== null) return input;
  const merged = { ...(input as object | null | undefined), lastEventId };
  const schemas = schemasOf(router, path);
  if (schemas === undefined || (await accept(schemas, merged))) return merged;
  return (await accept(schemas, input)) ? input : merged;
}

/** The schemas of a procedure's input; undefined where one is of a kind that can not be asked. */
function schemasOf(router: AnyTRPCRouter, path: string): readonly RuntimeSchema[] | undefined {
  const { procedures } = router._def as { procedures: Record<string, any> };
  const inputs: readonly unknown[] | undefined = Object.hasOwn(procedures, path)
    ? procedures[path]._def.inputs
    : undefined;
  return inputs?.every(isSchema) ? (inputs as readonly RuntimeSchema[]) : undefined;
}

async function accept(schemas: readonly RuntimeSchema[], value: unknown): Promise<boolean> {
  for (const schema of schemas) {
    const { issues } = await schema["~standard"].validate(value);
    if (issues !== undefined) return false;
  }
  return true;
}
