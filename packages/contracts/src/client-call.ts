/**
 * Client calls: what a server can ask of a client. This file holds what a contract says of
 * one; making such calls is not part of this version, and `implement` says so.
 */
import { assertDeadline } from "./procedure.js";
import { isSchema, type Schema } from "./schema.js";

/** One call from the server to a client. */
export interface ClientCall<Input extends Schema | undefined, Output extends Schema> {
  readonly kind: "clientCall";
  readonly input: Input;
  readonly output: Output;
  readonly deadlineMs: number | undefined;
}

/** Any client call, for constraints. */
export type AnyClientCall = ClientCall<Schema | undefined, Schema>;

class ClientCallDefinition {}

/**
 * Defines a call that the server makes and the client answers.
 *
 * @throws TypeError when a schema is not a Standard Schema.
 * @throws RangeError when `deadlineMs` is not above 0.
 */
export function clientCall<
  Output extends Schema,
  Input extends Schema | undefined = undefined,
>(options: {
  /** What the server sends. Left out: nothing. */
  readonly input?: Input;
  /** What the client answers. */
  readonly output: Output;
  /** The longest the answer may take, in milliseconds. */
  readonly deadlineMs?: number;
}): ClientCall<Input, Output> {
  const { input, output, deadlineMs } = options;
  if (!isSchema(output)) throw new TypeError("Cannot define a client call: output is not a schema");
  if (input !== undefined && !isSchema(input)) {
    throw new TypeError("Cannot define a client call: input is not a schema");
  }
  assertDeadline("client call", deadlineMs);
  const definition = { kind: "clientCall", input, output, deadlineMs };
  return Object.freeze(Object.assign(new ClientCallDefinition(), definition)) as never;
}

/** Whether `value` came from {@link clientCall}. */
export function isClientCall(value: unknown): value is AnyClientCall {
  return value instanceof ClientCallDefinition;
}
