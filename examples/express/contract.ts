import { contract, subscription } from "@tautline/contracts";
import { z } from "zod";

export const visits = contract({
  /** How often the page was asked for: now, and whenever it changes. */
  count: subscription({ output: z.int(), overflow: "latest" }),
});
