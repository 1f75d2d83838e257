// A tRPC router as you have it today. Nothing in this file knows of Tautline.
import { initTRPC, TRPCError } from "@trpc/server";
import superjson from "superjson";
import { z } from "zod";

const t = initTRPC.create({ transformer: superjson });
const todos = [{ id: 1, text: "Splice the rope", since: new Date(0) }];

export const appRouter = t.router({
  list: t.procedure.query(() => todos),
  add: t.procedure.input(z.object({ text: z.string() })).mutation(({ input }) => {
    if (input.text === "") throw new TRPCError({ code: "BAD_REQUEST", message: "Say what" });
    const todo = { id: todos.length + 1, text: input.text, since: new Date() };
    todos.push(todo);
    return todo;
  }),
  countdown: t.procedure.subscription(async function* () {
    for (let n = 3; n > 0; n--) yield n;
  }),
});
export type AppRouter = typeof appRouter;
