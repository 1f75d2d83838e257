/**
 * Link: this client under a tRPC client of one's own, and so under everything that is built for
 * one. tRPC's observables are here and nowhere else.
 */
import { guarded } from "@tautline/contracts/runtime";
import type { TRPCLink } from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import type { Reader } from "./call/call.js";
import { type ClientOptions, coreOf } from "./client.js";
import { toTRPCState } from "./connection/trpc-state.js";
import { createCore } from "./core.js";
import { watched } from "./subscribe.js";
import { TRPCClientError } from "./trpc.js";

/**
 * Makes the last link of a tRPC client: of a client made by `createClient`, whose connection it
 * shares, or of one made from these options. It encodes by itself, so it takes no transformer but
 * the client's. Plain subscriptions begin anew after a loss, as they do in tRPC.
 *
 * @throws TypeError when it is given neither.
 * @example
 * ```ts
 * const trpc = createTRPCClient<RouterOf<typeof app>>({ links: [link(api)] });
 * ```
 */
export function link<Router extends AnyTRPCRouter>(
  optionsOrApi: ClientOptions | object,
): TRPCLink<Router> {
  // A client is a proxy, and a proxy of calls is a function.
  const core =
    typeof optionsOrApi === "function"
      ? coreOf(optionsOrApi)
      : createCore(optionsOrApi as ClientOptions);

  return () =>
    ({ op: { type, path, input, signal, context } }) =>
      observable((observer) => {
        let over = false;
        // Guarded: what is thrown by those who observe must not stop us.
        const tell = (run: () => void) => {
          if (!over) guarded(run);
        };
        const next = (result: object) =>
          tell(() => observer.next({ result: result as never, context }));
        let reader: Reader = {
          next(data, id) {
            // An id only where there is one: its presence is what says tracked.
            next(id === undefined ? { type: "data", data } : { type: "data", data, id });
            following.read();
            if (type !== "subscription") tell(() => observer.complete());
          },
          fail: (error) => tell(() => observer.error(TRPCClientError.from(error))),
        };
        if (type === "subscription") {
          reader = watched(
            {
              ...reader,
              begin: () => next({ type: "started" }),
              end(byServer) {
                if (byServer) next({ type: "stopped" });
                tell(() => observer.complete());
              },
            },
            core,
            (state) => next(toTRPCState(state)),
          );
        }
        const options = { signal: signal ?? undefined, onLost: "restart" } as const;
        const following = core.follow(type, path, input, options, reader);
        return () => {
          over = true;
          following.stop();
        };
      });
}
