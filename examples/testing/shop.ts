/** The service under test. Time is handed in, so that a test need not wait for ten minutes. */
import { EventEmitter, on } from "node:events";
import { type Clock, systemClock } from "@tautline/contracts/runtime";
import { implement } from "@tautline/server";
import { shop } from "./contract.js";

const reservedMs = 600_000;

export function createStock(count: number, clock: Clock = systemClock) {
  const changes = new EventEmitter();
  let left = count;
  const change = (by: number) => {
    left += by;
    changes.emit("change");
  };
  return {
    changes,
    get left() {
      return left;
    },
    reserve(quantity: number) {
      change(-quantity);
      clock.after(reservedMs, function giveBack() {
        change(quantity);
      });
    },
  };
}

export const router = implement(shop)
  .context<{ stock: ReturnType<typeof createStock> }>()
  .router({
    reserve({ input, ctx: { stock }, fail }) {
      if (stock.left < input) throw fail("SOLD_OUT", { left: stock.left });
      stock.reserve(input);
      return { left: stock.left };
    },
    left: ({ ctx }) => ctx.stock.left,
    async *follow({ ctx: { stock }, signal }) {
      yield stock.left;
      for await (const _ of on(stock.changes, "change", { signal })) yield stock.left;
    },
  });
