/** `.subscribe()`: with callbacks if there is an `onData`, else for `for await`. */
import { guarded } from "@tautline/contracts/runtime";
import type { Reader } from "./call/call.js";
import {
  type Callbacks,
  createCallbackReader,
  createIterator,
  type Following,
} from "./call/subscription.js";
import { toTRPCState } from "./connection/trpc-state.js";
import type { ClientCore } from "./core.js";
import type { SubscribeOptions, SubscriptionConnectionState } from "./proxy-types.js";

type Options = SubscribeOptions &
  Callbacks & { onConnectionStateChange?(state: SubscriptionConnectionState<any>): void };

/** Starts a subscription. Returns what stops it, or what iterates it. */
export function subscribe(core: ClientCore, path: string, input: unknown, options: Options = {}) {
  const { onData, onConnectionStateChange: tell } = options;
  let following: Following | undefined;
  const { reader, iterator } =
    typeof onData === "function"
      ? { reader: createCallbackReader(options, () => following) }
      : createIterator(() => following!);
  following = core.follow(
    "subscription",
    path,
    input,
    options,
    tell ? watched(reader, core, (state) => tell(toTRPCState(state))) : reader,
  );
  return iterator ?? { unsubscribe: following.stop };
}

/** A reader that is told the connection's state as well, from now until its end. */
export function watched(
  reader: Reader,
  { connection }: Pick<ClientCore, "connection">,
  tell: (state: ClientCore["connection"]["state"]) => void,
): Reader {
  const unsubscribe = connection.subscribe(tell);
  guarded(() => tell(connection.state));
  return {
    ...reader,
    fail(error) {
      unsubscribe();
      reader.fail(error);
    },
    end(byServer) {
      unsubscribe();
      reader.end?.(byServer);
    },
  };
}
