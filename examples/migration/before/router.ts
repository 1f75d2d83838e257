// A tRPC router over WebSocket as you may have it today: values that are no JSON, a failure, who is
// there, and a subscription that can be resumed. Nothing in this file knows of Tautline.
import { EventEmitter, on } from "node:events";
import { initTRPC, TRPCError, tracked } from "@trpc/server";
import type { CreateWSSContextFnOptions } from "@trpc/server/adapters/ws";
import superjson from "superjson";
import { z } from "zod";

export const createContext = ({ info }: CreateWSSContextFnOptions) => ({
  user: info.connectionParams?.user ?? "nobody",
});

const t = initTRPC.context<typeof createContext>().create({ transformer: superjson });

interface Todo {
  readonly id: number;
  readonly text: string;
  readonly by: string;
  readonly at: Date;
}
const todos: Todo[] = [{ id: 1, text: "Splice the rope", by: "Ana", at: new Date(0) }];
const bus = new EventEmitter();

export const appRouter = t.router({
  list: t.procedure.query(() => todos),
  add: t.procedure.input(z.object({ text: z.string().min(1) })).mutation(({ input, ctx }) => {
    if (todos.some(({ text }) => text === input.text)) {
      throw new TRPCError({ code: "CONFLICT", message: "It is on the list" });
    }
    const todo = { id: todos.length + 1, text: input.text, by: ctx.user, at: new Date() };
    todos.push(todo);
    bus.emit("added", todo);
    return todo;
  }),
  added: t.procedure
    .input(z.object({ lastEventId: z.string().nullish() }).optional())
    .subscription(async function* ({ input, signal }) {
      const live = on(bus, "added", { signal: signal! }); // listen first, then read what was missed
      for (const todo of todos.slice(Number(input?.lastEventId ?? 0))) {
        yield tracked(String(todo.id), todo);
      }
      for await (const [todo] of live) yield tracked(String(todo.id), todo as Todo);
    }),
});
export type AppRouter = typeof appRouter;
