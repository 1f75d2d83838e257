/** The contract. Nothing on the client's side imports its value. */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { chunkSchema, itemSchema } from "../../app/item-schema.js";

export const app = contract({
  answer: query({ input: itemSchema, output: itemSchema }),
  change: mutation({ input: itemSchema, output: itemSchema }),
  follow: subscription({ output: itemSchema }),
  flood: subscription({ output: chunkSchema }),
});
