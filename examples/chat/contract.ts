import { contract, mutation, subscription } from "@tautline/contracts";
import { z } from "zod";

const Room = z.object({ room: z.string().min(1).max(40) });
export const Message = z.object({ from: z.string(), text: z.string(), at: z.date() });

export const chat = contract({
  /** Says something in a room. */
  say: mutation({
    input: Room.extend({ from: z.string().min(1), text: z.string().min(1).max(500) }),
    output: Message,
    errors: { TOO_FAST: z.object({ retryAfterMs: z.number() }) },
  }),
  /** The room's messages: those missed since the last one seen, then each as it is said. */
  messages: subscription({ input: Room, output: Message, tracked: true }),
});
