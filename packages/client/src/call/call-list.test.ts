import fc from "fast-check";
import { expect, it } from "vitest";
import type { Call } from "./call.js";
import { createCallList, enter, leave } from "./call-list.js";

const toCall = (order: number) => ({ order }) as Call;

function ordersIn(list: ReturnType<typeof createCallList>) {
  const orders: number[] = [];
  for (let place = list.after!; place !== list; place = place.after!) orders.push(place.order);
  return orders;
}

it("keeps calls in their order, whatever enters, leaves and moves to another list", () => {
  const step = fc.record({ order: fc.nat(30), list: fc.constantFrom(0, 1, undefined) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const calls = Array.from({ length: 31 }, (_, order) => toCall(order));
      const lists = [createCallList(), createCallList()] as const;
      const expected = new Map<number, number>();
      for (const { order, list } of steps) {
        const call = calls[order]!;
        if (list === undefined) {
          leave(call);
          expected.delete(order);
        } else {
          enter(lists[list], call);
          expected.set(order, list);
        }
      }
      for (const [index, list] of lists.entries()) {
        const orders = [...expected].filter(([, in_]) => in_ === index).map(([order]) => order);
        expect(ordersIn(list)).toEqual(orders.sort((a, b) => a - b));
        expect(list.size).toBe(orders.length);
      }
    }),
  );
});

it("leaves no link in a call that has left", () => {
  const list = createCallList();
  const calls = [toCall(1), toCall(2), toCall(3)];
  for (const call of calls) enter(list, call);
  leave(calls[1]!);
  expect(calls[1]).toEqual({ order: 2, list: undefined, before: undefined, after: undefined });
});
