/**
 * How a connection of the drop-in opens: whether it begins with connectionParams, and the context
 * that its calls get.
 */
import type { IncomingMessage } from "node:http";
import type { Frame } from "@tautline/contracts/runtime";
import type { WebSocket } from "ws";
import { type AnyTRPCRouter, parseConnectionParamsFromUnknown, TRPCError } from "../trpc.js";
import type { Encoder, WSSHandlerOptions } from "./stock.js";

/** What the first frame may tell of a client. */
export type ConnectionParams = ReturnType<typeof parseConnectionParamsFromUnknown>;

/**
 * Whether the URL announces connectionParams. Only its query is looked at: the rest of a URL, and
 * the Host, are a stranger's words that `new URL` may choke on.
 */
export function expectsParams({ url = "" }: Pick<IncomingMessage, "url">): boolean {
  const target = url.split("#", 1)[0]!;
  const start = target.indexOf("?");
  if (start < 0) return false;
  return new URLSearchParams(target.slice(start)).get("connectionParams") === "1";
}

/** Reads the first frame of a connection that announced it. @throws TRPCError PARSE_ERROR */
export function readParams(frame: Frame, encoder: Encoder): ConnectionParams {
  let data: unknown;
  try {
    const message = encoder.decode(frame as string | Uint8Array<ArrayBuffer>);
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      throw new Error("Message was not an object");
    }
    ({ data } = message as { data?: unknown });
  } catch (cause) {
    const message = "Malformed TRPCConnectionParamsMessage";
    throw new TRPCError({ code: "PARSE_ERROR", message, cause });
  }
  return parseConnectionParamsFromUnknown(data);
}

/** Asks the application for the context of a connection. */
export async function createContextOf(
  { createContext }: WSSHandlerOptions<AnyTRPCRouter>,
  client: WebSocket,
  req: IncomingMessage,
  connectionParams: ConnectionParams,
  signal: AbortSignal,
): Promise<unknown> {
  return createContext?.({
    req,
    res: client,
    info: {
      connectionParams,
      calls: [],
      isBatchCall: false,
      accept: null,
      type: "unknown",
      signal,
      url: null,
    },
  });
}
