import { setTimeout as pause } from "node:timers/promises";
import { createServer, implement, type Principal, TRPCError } from "@tautline/server";
import { account } from "./contract.js";
import { type User, verify } from "./login.js";

const barred = new Set<string>(); // stands for your database

const router = implement(account)
  .context<{ principal: User & Principal }>()
  .use(({ ctx, path, next }) => {
    if (path.startsWith("admin.") && ctx.principal.role !== "admin") {
      throw new TRPCError({ code: "FORBIDDEN", message: "For admins only" });
    }
    return next();
  })
  .router({
    me: ({ ctx }) => ctx.principal,
    async *ticks({ signal }) {
      for (let n = 1; !signal.aborted; n++) {
        yield n;
        await pause(50);
      }
    },
    admin: {
      async bar({ input: { userId } }) {
        barred.add(userId); // first: whoever comes back meanwhile is not let in
        return (await server.revoke({ userId })) > 0;
      },
    },
  });

const server = createServer({
  router,
  // Runs when somebody connects, and again when they renew their token. Null refuses: the client
  // stays away until it has a better one. `expiresAt` is when the next one is asked for.
  authenticate({ credentials }) {
    const user = verify(credentials?.token);
    return user === null || barred.has(user.userId) ? null : user;
  },
});
const { url } = await server.listen(Number(process.env.PORT ?? 3000));
console.log(`Listening on ${url}`);
