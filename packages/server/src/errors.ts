/**
 * Errors on their way out. One function gives every failure its shape, whichever lane, dialect
 * or adapter it leaves by. PROTOCOL.md §6.
 */
import { type AppErrorCode, type AppErrorData, appErrors } from "@tautline/contracts";
import type { FailureShape } from "@tautline/contracts/wire";
import {
  type AnyTRPCRouter,
  getHTTPStatusCodeFromError,
  getTRPCErrorShape,
  TRPC_ERROR_CODES_BY_KEY,
  TRPCError,
} from "./trpc.js";

/** What becomes `error.data.app`. It rides on a TRPCError as its cause. */
export class AppFailure extends Error {
  readonly app: { readonly code: string; readonly data: unknown };
  /** Whether the contract declares it: then its data has a schema to fit. */
  readonly declared: boolean;

  constructor(code: string, data: unknown, declared: boolean) {
    super(code);
    this.name = "AppFailure";
    this.app = { code, data };
    this.declared = declared;
  }
}

/** Builds one of Tautline's own errors. It has no stack. */
export function appError<Code extends AppErrorCode>(
  code: Code,
  data: AppErrorData[Code],
  message: string,
): TRPCError {
  return withoutStack(
    () =>
      new TRPCError({
        code: appErrors[code].trpcCode,
        message,
        cause: new AppFailure(code, data, false),
      }),
  );
}

/** Builds what a message is refused with that is not even a call. It has no stack. */
export function refusedWith(code: TRPCError["code"], message: string): TRPCError {
  return withoutStack(() => new TRPCError({ code, message }));
}

const mayLimitStacks = !Object.isFrozen(Error); // --frozen-intrinsics

// Where in our code a stranger's message was refused says nothing about it, and to find out takes
// longer than all the rest of the refusal: a flood would be paid for twice.
function withoutStack<T>(make: () => T): T {
  if (!mayLimitStacks) return make();
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Builds a declared error: what a handler's `fail` returns. */
export function declaredError(code: string, data: unknown): TRPCError {
  return new TRPCError({
    code: "UNPROCESSABLE_CONTENT",
    message: code,
    cause: new AppFailure(code, data, true),
  });
}

/** Whether somebody threw something that no one declared: a bug, or a dependency that failed. */
export function isUndeclared(error: TRPCError): boolean {
  if (error.code !== "INTERNAL_SERVER_ERROR" || error.cause instanceof AppFailure) return false;
  // Without a cause somebody chose the code, and with it the message: all but `throw undefined`.
  return error.cause !== undefined || error.message === error.code;
}

/** Whether the caller's contract, if it is another one, may be what this error comes from. */
export function mayComeFromContract({ code, cause }: TRPCError): boolean {
  return (
    code === "NOT_FOUND" || (cause instanceof AppFailure && cause.app.code === "INVALID_INPUT")
  );
}

const incidents = new WeakMap<TRPCError, string>();

/** The id under which an undeclared exception is both logged and told: the same for both. */
export function incidentOf(error: TRPCError): string {
  let incident = incidents.get(error);
  if (incident === undefined) {
    incident = crypto.randomUUID();
    incidents.set(error, incident);
  }
  return incident;
}

/** The shape of an error as Tautline tells it. Stacks stay on the server. */
export function toErrorShape(error: TRPCError, path: string | undefined): FailureShape {
  const data = {
    code: error.code,
    httpStatus: getHTTPStatusCodeFromError(error),
    ...(path ? { path } : {}), // what was no message has none
  };
  const code = TRPC_ERROR_CODES_BY_KEY[error.code];
  if (isUndeclared(error)) {
    const app = { code: "INTERNAL", data: { incidentId: incidentOf(error) } };
    return { message: "Internal server error", code, data: { ...data, app } };
  }
  if (error.cause instanceof AppFailure) {
    return { message: error.message, code, data: { ...data, app: error.cause.app } };
  }
  return { message: error.message, code, data };
}

/**
 * The shape of an error of any router: its own `errorFormatter` and `.errors()` have the last
 * word, but they are handed our shape, which tells no stranger what broke.
 */
export function toRouterErrorShape(
  router: AnyTRPCRouter,
  failure: {
    readonly error: TRPCError;
    readonly path: string | undefined;
    readonly type: "query" | "mutation" | "subscription" | "unknown";
    readonly input: unknown;
    readonly ctx: unknown;
  },
): unknown {
  const config = router._def._config;
  const shape = toErrorShape(failure.error, failure.path);
  const errorFormatter: typeof config.errorFormatter = (options) =>
    config.errorFormatter({ ...options, shape });
  return getTRPCErrorShape({ ...failure, config: { ...config, errorFormatter } });
}
