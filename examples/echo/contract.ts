import { contract, query, subscription } from "@tautline/contracts";
import { z } from "zod";

export const echo = contract({
  /** Says hello once, as soon as somebody connects. */
  greeting: subscription({ output: z.string() }),
  /** Gives back what it was sent, and when. */
  echo: query({ input: z.string(), output: z.object({ text: z.string(), at: z.date() }) }),
});
