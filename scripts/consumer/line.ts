import { contract, query, type RouterOf } from "@tautline/contracts";
import { z } from "zod";
export const greetings = contract({
  greet: query({ input: z.object({ name: z.string() }), output: z.string() }),
});
export type Router = RouterOf<typeof greetings>;
