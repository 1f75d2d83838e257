/** `safe()`: failures as values. The same as tRPC's, without what its package brings along. */
import type { SafeResult, TRPCPromise } from "@trpc/client";

/**
 * Waits for a call without throwing: `[data, undefined]`, or `[undefined, error]` with the type of
 * what can go wrong. Works like tRPC's function of this name, on the same promises.
 *
 * @example
 * ```ts
 * const [order, error] = await safe(api.orders.place.mutate(draft));
 * if (isDeclared(error, "OUT_OF_STOCK")) show(`Only ${error.data.app.data.available} left`);
 * else if (error) throw error;
 * ```
 */
export function safe<Data, Shape>(
  promise: TRPCPromise<Data, Shape>,
): Promise<SafeResult<Data, Shape>> {
  return promise.then(
    (data) => [data, undefined],
    (error) => [undefined, error],
  );
}
