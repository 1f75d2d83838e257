/** The schemas, for the servers alone: a client takes the types. */
import { z } from "zod";

export const itemSchema = z.object({
  id: z.string(),
  title: z.string(),
  count: z.int(),
  open: z.boolean(),
  at: z.date(),
});

export const chunkSchema = z.object({ n: z.int(), text: z.string() });
