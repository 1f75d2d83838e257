/**
 * Errors. `error.data.code` is always one of tRPC's codes; what Tautline or the contract adds
 * is `error.data.app = { code, data }`, the same on both dialects of the wire.
 * PROTOCOL.md §6.
 */

/**
 * The fixed list of Tautline's own error codes, each with the tRPC code it travels under, and
 * whether the same call may be sent again: it did not run, and it could go better next time.
 */
export const appErrors = {
  /** The caller gave up. A mutation may have run. */
  CANCELLED: { trpcCode: "CLIENT_CLOSED_REQUEST", retry: false },
  /** The deadline passed. A mutation may have run. */
  DEADLINE_EXCEEDED: { trpcCode: "TIMEOUT", retry: false },
  /** The connection was lost, or never made, before the call was sent: it did not run. */
  NOT_SENT: { trpcCode: "SERVICE_UNAVAILABLE", retry: true },
  /** The call was sent and its answer lost: it may have run, or not. */
  OUTCOME_UNKNOWN: { trpcCode: "SERVICE_UNAVAILABLE", retry: false },
  /** The mutation could not be recorded, so it was not run: the store is full, or did not answer. */
  NOT_RECORDED: { trpcCode: "SERVICE_UNAVAILABLE", retry: true },
  /** It ran, and what it answered was too large or too old to be kept; `data.ok` says how it ended. */
  RESULT_NOT_RETAINED: { trpcCode: "CONFLICT", retry: false },
  /** The same id or key stands for another input, another procedure or another caller. */
  REQUEST_ID_CONFLICT: { trpcCode: "CONFLICT", retry: false },
  /** The client has said already that it has the answer to this request: it is not run again. */
  STALE: { trpcCode: "CONFLICT", retry: false },
  /** A subscription without positions was lost with its connection: it can not be continued. */
  STREAM_LOST: { trpcCode: "SERVICE_UNAVAILABLE", retry: true },
  /** The subscriber was slower than `overflow: "cut"` allows. */
  OVERFLOW: { trpcCode: "TOO_MANY_REQUESTS", retry: true },
  /** More messages than the server accepts per second. */
  RATE_LIMITED: { trpcCode: "TOO_MANY_REQUESTS", retry: true },
  /** More calls or subscriptions at once than the server accepts. */
  TOO_MANY_CALLS: { trpcCode: "TOO_MANY_REQUESTS", retry: true },
  /** The call or its result is larger than a frame may be. */
  PAYLOAD_TOO_LARGE: { trpcCode: "PAYLOAD_TOO_LARGE", retry: false },
  /** The two ends were built from different contracts, and this call is where they differ. */
  CONTRACT_MISMATCH: { trpcCode: "PRECONDITION_FAILED", retry: false },
  /** The input does not fit the schema; `data.issues` says where. */
  INVALID_INPUT: { trpcCode: "BAD_REQUEST", retry: false },
  /** Something failed that no one declared. `data.incidentId` finds it in the server's log. */
  INTERNAL: { trpcCode: "INTERNAL_SERVER_ERROR", retry: false },
  /** The client was closed by its owner, or the server told it to stay away. */
  CLOSED: { trpcCode: "SERVICE_UNAVAILABLE", retry: false },
} as const;

/** A code of Tautline's own. */
export type AppErrorCode = keyof typeof appErrors;

/** What travels with each code of Tautline's own. */
export interface AppErrorData {
  CANCELLED: undefined;
  DEADLINE_EXCEEDED: { readonly deadlineMs: number };
  NOT_SENT: undefined;
  OUTCOME_UNKNOWN: undefined;
  NOT_RECORDED: undefined;
  RESULT_NOT_RETAINED: { readonly ok: boolean };
  REQUEST_ID_CONFLICT: undefined;
  STALE: undefined;
  STREAM_LOST: undefined;
  OVERFLOW: { readonly waiting: number };
  RATE_LIMITED: { readonly retryAfterMs: number };
  TOO_MANY_CALLS: { readonly limit: number };
  PAYLOAD_TOO_LARGE: { readonly bytes: number; readonly maxBytes: number };
  CONTRACT_MISMATCH: { readonly path: string; readonly older: "client" | "server" | "unknown" };
  INVALID_INPUT: {
    readonly issues: ReadonlyArray<{
      readonly path: ReadonlyArray<string | number>;
      readonly message: string;
    }>;
  };
  INTERNAL: { readonly incidentId: string };
  CLOSED: { readonly closeCode: number };
}

/** One error as it arrives in `error.data.app`. */
export interface AppError<Code, Data> {
  readonly code: Code;
  readonly data: Data;
}

/** The union of Tautline's own errors. */
export type BuiltinAppError = {
  [Code in AppErrorCode]: AppError<Code, AppErrorData[Code]>;
}[AppErrorCode];

/** Anything with `data.app`, as far as narrowing needs it. */
interface Failed<App> {
  readonly data?: { readonly app?: App | undefined } | null | undefined;
}

/** What {@link isDeclared} narrows to. */
interface Declared<App> {
  readonly data: { readonly app: App };
}

/**
 * Narrows an error to one code: declared in the contract, or one of {@link appErrors}.
 *
 * @example
 * ```ts
 * const [order, error] = await safe(api.orders.place.mutate(draft));
 * if (isDeclared(error, "OUT_OF_STOCK")) show(`Only ${error.data.app.data.available} left`);
 * ```
 */
export function isDeclared<App extends { readonly code: string }, const Code extends App["code"]>(
  error: Failed<App> | null | undefined,
  code: Code,
): error is Declared<Extract<App, { readonly code: Code }>> {
  return appErrorOf(error)?.code === code;
}

/** Reads `error.data.app` of anything that was caught, or `undefined`. */
export function appErrorOf(error: unknown): AppError<string, unknown> | undefined {
  const data = (error as { readonly data?: { readonly app?: unknown } } | undefined | null)?.data;
  const app = data?.app as Partial<AppError<unknown, unknown>> | undefined | null;
  return typeof app?.code === "string" ? (app as AppError<string, unknown>) : undefined;
}

/**
 * Whether the same call may be sent again: it may help, and a mutation is not run twice. Errors
 * that are not Tautline's own are answers: asking again would get the same one.
 */
export function mayRetry(error: unknown): boolean {
  const code = appErrorOf(error)?.code;
  return code !== undefined && Object.hasOwn(appErrors, code)
    ? appErrors[code as AppErrorCode].retry
    : false;
}
