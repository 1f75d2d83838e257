/**
 * How a process of ours is told what to do: by name, over the channel that Node opens between parent
 * and child. The parent's half is in `child.ts`.
 */

/** What a process can be told. */
export type Orders = Record<string, (argument: never) => unknown>;

/** One thing to do. */
export interface Order {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

/** What came of it. */
export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Obeys, in the child, and ends with the parent. */
export function obey(orders: Orders) {
  process.on("message", async ({ id, name, argument }: Order) => {
    const reply = (rest: Omit<Reply, "id">) => process.send!({ id, ...rest });
    try {
      reply({ result: await orders[name]!(argument as never) });
    } catch (error) {
      reply({ error: error instanceof Error ? error.stack! : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}
