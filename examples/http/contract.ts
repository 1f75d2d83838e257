import { contract, mutation, query } from "@tautline/contracts";
import { z } from "zod";

const Order = z.object({ id: z.string(), paid: z.boolean(), at: z.date() });

export const orders = contract({
  list: query({ output: z.array(Order) }),
  pay: mutation({
    input: z.object({ id: z.string() }),
    output: Order,
    errors: { NO_SUCH_ORDER: z.object({ id: z.string() }) },
  }),
});
