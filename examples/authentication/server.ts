import { createServer, implement, type Principal, TRPCError } from "@tautline/server";
import { account } from "./contract.js";

interface User extends Principal {
  readonly role: "member" | "admin";
}

// Stands for your database, or for the verification of a JWT.
const tokens = new Map<string, User>([
  ["t-ana", { userId: "ana", role: "admin" }],
  ["t-ben", { userId: "ben", role: "member" }],
]);

const router = implement(account)
  .context<{ principal: User }>()
  .use(({ ctx, path, next }) => {
    if (path.startsWith("admin.") && ctx.principal.role !== "admin") {
      throw new TRPCError({ code: "FORBIDDEN", message: "For admins only" });
    }
    return next();
  })
  .router({
    me: ({ ctx }) => ctx.principal,
    admin: { remove: ({ input }) => tokens.delete(`t-${input.userId}`) },
  });

const server = createServer({
  router,
  // Runs once per connection; null refuses, and the client stays away until it has better ones.
  authenticate: ({ credentials }) => tokens.get(credentials?.token ?? "") ?? null,
});
const { url } = await server.listen(Number(process.env.PORT ?? 3000));
console.log(`Listening on ${url}`);
