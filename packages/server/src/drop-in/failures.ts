/**
 * Failures, as tRPC's handler tells them: whole to `onError`, and to the client in the shape that
 * the router's `errorFormatter` gives them. Nothing here throws, whatever the application's own
 * functions do: a call is answered even when they can not say with what.
 */
import {
  type AnyTRPCRouter,
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  TRPC_ERROR_CODES_BY_KEY,
  type TRPCError,
} from "../trpc.js";
import type { WSSHandlerOptions } from "./stock.js";

/** What a failure is about. */
export interface About {
  readonly type: "query" | "mutation" | "subscription" | "unknown";
  readonly path: string | undefined;
  readonly input: unknown;
  readonly ctx: unknown;
}

type OnError = NonNullable<WSSHandlerOptions<AnyTRPCRouter>["onError"]>;
type ErrorInfo = Parameters<OnError>[0];

// Says nothing of what happened: that is what an errorFormatter may have wanted to hide.
const fallbackShape = {
  code: TRPC_ERROR_CODES_BY_KEY.INTERNAL_SERVER_ERROR,
  message: "Internal server error",
  data: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500 },
};

/** The failures of one connection. */
export type Failures<Payload> = ReturnType<typeof createFailures<Payload>>;

/**
 * Creates what tells the failures of one connection.
 *
 * @param toPayload Makes a serialized shape ready to be written. May throw.
 */
export function createFailures<Payload>(
  router: AnyTRPCRouter,
  onError: OnError | undefined,
  req: ErrorInfo["req"],
  toPayload: (serialized: unknown) => Payload,
) {
  const { _config: config } = router._def;

  function call(error: TRPCError, about: About, onFailure: (cause: unknown) => void) {
    try {
      const result: unknown = onError?.({ error, ...about, req } as ErrorInfo);
      if (result instanceof Promise) result.catch(onFailure);
    } catch (cause) {
      onFailure(cause);
    }
  }

  /** Tells `onError`. What that throws is dropped: there is nobody left to be told of it. */
  function report(error: TRPCError, about: About) {
    call(error, about, () => {});
  }

  /** Tells what went wrong in telling, on the console if need be: it must not get lost. */
  function reportInternal(cause: unknown, about: About) {
    const error = getTRPCErrorFromUnknown(cause);
    const log = () => console.error("[tautline]", error);
    if (onError === undefined) log();
    else call(error, about, log);
  }

  const encode = (shape: unknown) => toPayload(config.transformer.output.serialize(shape));

  /** What the client is told where nothing else could be said. */
  function fallback(): Payload {
    try {
      return encode(fallbackShape);
    } catch {
      return toPayload(fallbackShape);
    }
  }

  return {
    report,
    reportInternal,
    fallback,
    /** The encoded shape of a failure. */
    encode(error: TRPCError, about: About): Payload {
      try {
        return encode(getTRPCErrorShape({ config, error, ...about }));
      } catch (cause) {
        reportInternal(cause, about);
        return fallback();
      }
    },
  };
}
