/** `wsLink`: the link of `@trpc/client`, over either client. */
import type { TRPCLink, WebSocketLinkOptions } from "@trpc/client";
import { getTransformer } from "@trpc/client/unstable-internals";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { guarded } from "./guarded.js";

/**
 * The last link of a tRPC client: calls go over the WebSocket of `client`, which `createWSClient`
 * made, ours or tRPC's own.
 */
export function wsLink<Router extends AnyTRPCRouter>(
  options: WebSocketLinkOptions<Router>,
): TRPCLink<Router> {
  const { client } = options;
  const transformer = getTransformer(options.transformer);
  return () =>
    ({ op }) =>
      observable((observer) => {
        // Who follows events is told of the line under them, too.
        const states =
          op.type === "subscription"
            ? client.connectionState.subscribe({
                next(result) {
                  guarded(() => observer.next({ result, context: op.context }));
                },
              })
            : undefined;
        const request = client.request({ op, transformer }).subscribe(observer);
        return () => {
          request.unsubscribe();
          states?.unsubscribe();
        };
      });
}
