/**
 * What a client can do that holds the contract's value and not only its type. It is passed to
 * `createClient` by this function and not as it is, so that the code for it stays out of the
 * bundles of all others.
 */
import {
  type AnyProcedure,
  type Contract,
  type ContractDraft,
  compileValidate,
  fingerprint,
  isSchema,
  proceduresOf,
  type SchemaIssue,
  type Validate,
} from "@tautline/contracts";
import { type AnyCallError, mismatchKind, toLocalError, toUnfit } from "./call/call-error.js";
import type { Served } from "./connection/face.js";

/** Options of {@link withContract}. */
export interface ContractUse {
  /**
   * Whether inputs are validated before they are sent. The input itself is sent, not what the
   * schema makes of it: the server parses it anyway, and twice would break transforms.
   *
   * @default false
   */
  readonly validateInputs?: boolean;
}

/** A contract that a client can use at run time. Made by {@link withContract}. */
export interface KnownContract<C> {
  /** Only says the type. */
  readonly "~contract"?: C;
  /** The hash told in `hello`. PROTOCOL.md §6.3 */
  readonly hash: string;
  procedure(path: string): Pick<AnyProcedure, "deadlineMs" | "repeat"> | undefined;
  /**
   * Calls `go`, now or later, with the error of an input that does not fit, or with nothing when it
   * does.
   *
   * @throws What a schema throws now.
   */
  check(path: string, input: unknown, go: (error?: AnyCallError) => void): void;
  /** Whether a failure comes from a difference of the contracts, and if so, the error for that. */
  mismatch(
    error: AnyCallError,
    path: string | undefined,
    served: Served | undefined,
  ): AnyCallError | undefined;
}

/**
 * Lets a client use the contract itself: its deadlines, what it says of repeating, its
 * fingerprint, and its schemas for checking inputs.
 *
 * @example
 * ```ts
 * const api = createClient({ url, contract: withContract(app, { validateInputs: true }) });
 * ```
 */
export function withContract<C extends ContractDraft>(
  definition: C,
  { validateInputs = false }: ContractUse = {},
): KnownContract<C> {
  const contract = definition as Contract;
  const procedures = proceduresOf(contract);
  const validations = new Map<string, Validate>();
  const { hash, procedures: hashes, revision } = fingerprint(contract);

  return {
    hash,
    procedure: (path) => procedures.get(path),
    check(path, input, go) {
      const schema = procedures.get(path)?.input;
      if (!validateInputs || !isSchema(schema)) return go();
      const validate = validations.get(path) ?? compileValidate(schema);
      validations.set(path, validate);
      const result = validate(input);
      const tell = ({ issues }: Awaited<typeof result>) => go(issues && toInvalid(path, issues));
      if (result instanceof Promise) result.then(tell, (error) => go(toUnfit(path, error)));
      else tell(result);
    },
    mismatch(error, path, served) {
      const theirs = (error.data as Partial<Record<"contract", string | null>> | undefined)
        ?.contract;
      if (path === undefined || theirs === undefined) return undefined;
      if (theirs === (hashes.get(path) ?? null)) return undefined;
      const older = olderSide(revision, served?.revision);
      const sentence = `Client and server have different contracts for ${path}: ${error.message}`;
      const data = { path, older } as const;
      return toLocalError("CONTRACT_MISMATCH", data, path, sentence, error, mismatchKind);
    },
  };
}

function olderSide(ours: number | undefined, theirs: number | undefined) {
  if (ours === undefined || theirs === undefined || ours === theirs) return "unknown";
  return ours < theirs ? "client" : "server";
}

function toInvalid(path: string, issues: readonly SchemaIssue[]): AnyCallError {
  const told = issues.map(({ message, path: at = [] }) => ({
    message,
    path: at.map((step) => {
      const key = typeof step === "object" ? step.key : step;
      return typeof key === "number" ? key : String(key);
    }),
  }));
  const sentence = `The input does not fit: ${issues.map(({ message }) => message).join("; ")}`;
  return toLocalError("INVALID_INPUT", { issues: told }, path, sentence);
}
