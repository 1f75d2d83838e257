/**
 * A contract: nested records of procedures, topics and client calls. `contract()` checks at
 * start what the type system can not see, so that a mistake is one sentence at start-up and
 * not a strange NOT_FOUND a week later.
 */
import { type AnyClientCall, isClientCall } from "./client-call.js";
import { type AnyProcedure, isProcedure } from "./procedure.js";
import { type AnyTopic, isTopic } from "./topic.js";

/** Anything a contract can hold under a name. */
export type ContractEntry = AnyProcedure | AnyTopic | AnyClientCall;

/** A contract or a part of one. */
export interface Contract {
  readonly [name: string]: ContractEntry | Contract;
}

/**
 * What the compiler holds a contract to while it is written: the constraint of every function that
 * takes one. It names kinds and no more. A schema, an error map or a flag that an entry leaves out
 * would otherwise be inferred from the type expected there (any schema, any error) instead of from
 * the entry's own default (none).
 */
export interface ContractDraft {
  readonly [name: string]: { readonly kind: ContractEntry["kind"] } | ContractDraft;
}

/** Options of {@link contract}. */
export interface ContractOptions {
  /**
   * Rises with every change that the other end must know of. With it, a `CONTRACT_MISMATCH` says
   * which side is older; without it, only that the two differ.
   *
   * @default undefined
   */
  readonly revision?: number;
}

const revisions = new WeakMap<object, number>();

// `then` would make the client's proxy look like a promise; the others are how JavaScript
// itself talks to objects. A dot separates the names of a path.
const reservedNames = new Set([
  "then",
  "call",
  "apply",
  "bind",
  "toJSON",
  "valueOf",
  "toString",
  "constructor",
  "prototype",
  "__proto__",
]);

/**
 * Declares a contract and checks it.
 *
 * @returns `definition` itself: `typeof` it is all a client needs.
 * @throws TypeError when a name is reserved or holds a dot, or an entry is something else than a
 * procedure, a topic, a client call or a record of these.
 * @example
 * ```ts
 * export const app = contract({
 *   greet: query({ input: z.object({ name: z.string() }), output: z.string() }),
 * });
 * ```
 */
export function contract<const C extends ContractDraft>(
  definition: C,
  { revision }: ContractOptions = {},
): C {
  for (const _entry of entriesOf(definition as Contract)); // the walk itself checks every name and entry
  if (revision !== undefined) {
    if (!Number.isSafeInteger(revision) || revision < 0) {
      throw new RangeError(`Cannot use ${revision} as a revision: it must be a whole number`);
    }
    revisions.set(definition, revision);
  }
  return definition;
}

/** The revision given to {@link contract}, if any. */
export function revisionOf(definition: Contract): number | undefined {
  return revisions.get(definition);
}

/**
 * Walks a contract: every entry with its dotted path, in the order of writing.
 *
 * @throws TypeError as {@link contract} does.
 */
export function* entriesOf(
  definition: Contract,
  prefix = "",
): Generator<readonly [path: string, entry: ContractEntry]> {
  for (const [name, entry] of Object.entries(definition)) {
    const path = prefix + name;
    if (name === "" || name.includes(".") || reservedNames.has(name)) {
      throw new TypeError(`Cannot use "${name}" as a name in a contract (at "${path}")`);
    }
    if (isProcedure(entry) || isTopic(entry) || isClientCall(entry)) yield [path, entry];
    else if (isRecord(entry)) yield* entriesOf(entry, `${path}.`);
    else {
      throw new TypeError(
        `Cannot use the value at "${path}": a contract holds procedures, topics, client calls and records of them`,
      );
    }
  }
}

/** The procedures of a contract by dotted path. */
export function proceduresOf(definition: Contract): Map<string, AnyProcedure> {
  const procedures = new Map<string, AnyProcedure>();
  for (const [path, entry] of entriesOf(definition)) {
    if (isProcedure(entry)) procedures.set(path, entry);
  }
  return procedures;
}

function isRecord(value: unknown): value is Contract {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
