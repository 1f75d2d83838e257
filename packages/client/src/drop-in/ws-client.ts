/**
 * `createWSClient`: the client of `@trpc/client`, by its name, with its options and on its wire.
 */
import type {
  Operation,
  TRPCClientError,
  TRPCWebSocketClient,
  WebSocketClientOptions,
} from "@trpc/client";
import type { TRPCCombinedDataTransformer } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { TRPCClientError as ClientError } from "../trpc.js";
import { closedError, createConnector } from "./connector.js";
import { jsonEncoder } from "./encoder.js";
import { guarded } from "./guarded.js";
import type { Requester } from "./requests.js";

/** What a link asks for. */
interface RequestOptions {
  readonly op: Pick<Operation, "id" | "type" | "path" | "input" | "signal">;
  readonly transformer: TRPCCombinedDataTransformer;
  readonly lastEventId?: string;
}

/**
 * Opens a WebSocket to a tRPC server and keeps it open. Give it to `wsLink`, ours or tRPC's own.
 *
 * @throws Error when the platform has no WebSocket and none is given.
 * @example
 * ```ts
 * const client = createWSClient({ url: "ws://localhost:3001" });
 * const trpc = createTRPCClient<AppRouter>({ links: [wsLink({ client })] });
 * ```
 */
export function createWSClient(options: WebSocketClientOptions): TRPCWebSocketClient {
  if (!(options.WebSocket ?? globalThis.WebSocket)) {
    throw new Error("No WebSocket implementation found: pass one as the option WebSocket");
  }
  const encoder = options.experimental_encoder ?? jsonEncoder;
  const closeMs = options.lazy?.closeMs ?? 0;
  let idleTimer: ReturnType<typeof setTimeout> | undefined;
  const connector = createConnector(options, encoder, watchIdle);
  const { requests, state } = connector;

  /** Closes a lazy line when nothing was heard or asked for a while, and nothing is awaited. */
  function watchIdle() {
    if (!connector.isLazy) return;
    clearTimeout(idleTimer);
    // The end of the last request comes by here again.
    if (requests.size > 0 || !connector.isUsed) return;
    idleTimer = setTimeout(() => void close(), closeMs);
  }

  async function close() {
    clearTimeout(idleTimer);
    const answers: Promise<void>[] = [];
    for (const request of requests) {
      if (request.method === "subscription") {
        requests.drop(request);
        request.requester.complete();
      } else if (request.serving === undefined) {
        requests.drop(request);
        const error = closedError("Closed before connection was established");
        request.requester.error(ClientError.from(error));
      } else answers.push(new Promise((resolve) => request.onOver.push(resolve)));
    }
    await connector.leave(Promise.all(answers));
  }

  function request({
    op: { type, path, input, signal },
    transformer,
    lastEventId,
  }: RequestOptions) {
    return observable<any, TRPCClientError<any>>((observer) => {
      const requester: Requester = {
        next(message) {
          const answer = toAnswer(message, transformer);
          guarded(() => {
            if (answer instanceof ClientError) observer.error(answer);
            else observer.next({ result: answer });
          });
        },
        complete: () => guarded(() => observer.complete()),
        error: (error) => guarded(() => observer.error(error as TRPCClientError<any>)),
      };
      const params = { input: transformer.input.serialize(input), path, lastEventId };
      const asked = requests.add(type, params, requester);
      clearTimeout(idleTimer);
      connector.wake();
      const onAbort = () => observer.complete();
      if (signal?.aborted) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
      return () => {
        signal?.removeEventListener("abort", onAbort);
        requests.drop(asked);
        requester.complete(); // who unsubscribes is told so, as tRPC does
        watchIdle();
      };
    });
  }

  if (!connector.isLazy) connector.open();

  const client = {
    connectionState: state,
    request,
    close,
    get connection() {
      const { line } = connector;
      if (!line?.ws) return null;
      const { id, ws, isOpen } = line;
      const isOver = ws.readyState > 1; // CLOSING or CLOSED
      return { id, state: isOpen ? "open" : isOver ? "closed" : "connecting", ws };
    },
  };
  // The type is a class with private parts; whoever takes one uses the public ones.
  return client as unknown as TRPCWebSocketClient;
}

/** What a message of the server means. */
function toAnswer(message: any, { output }: TRPCCombinedDataTransformer): unknown {
  try {
    if ("error" in message) {
      const error = output.deserialize(message.error);
      if (typeof error?.code !== "number") throw new TypeError("An error without a code");
      return ClientError.from({ ...message, error });
    }
    const { result } = message;
    if (result.type && result.type !== "data") return result;
    return { ...result, type: "data", data: output.deserialize(result.data) };
  } catch (cause) {
    const error = new Error("Unable to transform response from server", { cause });
    return ClientError.from(error);
  }
}
