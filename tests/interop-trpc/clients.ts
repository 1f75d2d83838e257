/** Two clients for one application: tRPC's own WebSocket client and link, and our drop-ins. */
import * as ours from "@tautline/client/trpc";
import type { TRPCClient, TRPCWebSocketClient, WebSocketClientOptions } from "@trpc/client";
import * as stock from "@trpc/client";
import { WebSocket } from "ws";
import { type AppRouter, type TransformerName, transformers } from "./app.js";

export type ClientName = "stock" | "drop-in";

/** The functions of each. */
export const clientModules: Readonly<
  Record<ClientName, Pick<typeof stock, "createWSClient" | "wsLink" | "jsonEncoder">>
> = { stock, "drop-in": ours };

/** A client that runs, and what it was told. */
export interface RunningClient {
  readonly api: TRPCClient<AppRouter>;
  readonly ws: TRPCWebSocketClient;
  /** Calls of its callbacks, in order. */
  readonly story: string[];
  /** Its states, in order, with the errors that came with them. */
  readonly states: string[];
}

/** Starts a client. It comes back a millisecond after a loss, if nothing else is said. */
export function startClient(
  name: ClientName,
  url: string,
  transformer: TransformerName = "none",
  options: Partial<WebSocketClientOptions> = {},
): RunningClient {
  const { createWSClient, wsLink } = clientModules[name];
  const story: string[] = [];
  const states: string[] = [];
  const ws = createWSClient({
    url,
    WebSocket: WebSocket as never,
    retryDelayMs: () => 1,
    ...options,
    onOpen() {
      story.push("open");
      options.onOpen?.();
    },
    onError(event) {
      story.push("error");
      options.onError?.(event);
    },
    onClose(event) {
      story.push("close");
      options.onClose?.(event);
    },
  });
  ws.connectionState.subscribe({
    next: ({ state, error }) => states.push(error ? `${state}: ${error.message}` : state),
  });
  const link = wsLink<AppRouter>({ client: ws, transformer: transformers[transformer] as never });
  return { api: stock.createTRPCClient<AppRouter>({ links: [link] }), ws, story, states };
}

/** Starts a subscription; everything it tells is one list. */
export function follow(
  procedure: {
    subscribe(
      input: any,
      callbacks: {
        onStarted(): void;
        onData(event: any): void;
        onError(error: { readonly message: string }): void;
        onStopped(): void;
        onComplete(): void;
        onConnectionStateChange(state: { readonly state: string }): void;
      },
    ): { unsubscribe(): void };
  },
  input?: unknown,
) {
  const told: unknown[] = [];
  const states: string[] = [];
  const { unsubscribe } = procedure.subscribe(input, {
    onStarted: () => told.push("started"),
    onData: (event) => told.push(event),
    onError: ({ message }) => told.push(`failed: ${message}`),
    onStopped: () => told.push("stopped"),
    onComplete: () => told.push("complete"),
    onConnectionStateChange: ({ state }) => states.push(state),
  });
  return { told, states, unsubscribe };
}

/** Waits for a call to fail, and gives the error. */
export async function failure(promise: Promise<unknown>): Promise<any> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("Expected a failure");
}
