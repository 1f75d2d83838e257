/** `createServer`: the principal of every callback is what `authenticate` returns. */
import { contract, query } from "@tautline/contracts";
import { createServer, implement, type OpeningRequest } from "@tautline/server";
import * as z from "zod";
import { type Equal, holds } from "./equal.js";

interface Member {
  userId: string;
  isAdmin: boolean;
}

const router = implement(contract({ now: query({ output: z.date() }) }))
  .context<{ isAdmin: boolean }>()
  .router({ now: () => new Date() });
const member = (token = ""): Member => ({ userId: token, isAdmin: token === "root" });

createServer({
  router,
  authenticate: async ({ credentials }) => member(credentials?.token),
  createContext({ principal }) {
    holds<Equal<typeof principal, Member>>();
    return { isAdmin: principal.isAdmin };
  },
  onConnect({ connection }) {
    holds<Equal<typeof connection.principal, Member>>();
  },
});

// With its parameter annotated, `authenticate` may stand anywhere.
createServer({
  router,
  onConnect({ connection }) {
    holds<Equal<typeof connection.principal, Member>>();
  },
  createContext: ({ principal }) => ({ isAdmin: principal.isAdmin }),
  authenticate: async ({ credentials }: OpeningRequest) => member(credentials?.token),
});

// Without it everybody is nobody.
createServer({
  router,
  createContext({ principal }) {
    holds<Equal<typeof principal, null>>();
    return { isAdmin: false };
  },
});

createServer({
  router,
  // @ts-expect-error a principal has a user's id: limits are counted by it
  authenticate: async () => ({ isAdmin: true }),
  createContext: () => ({ isAdmin: false }),
});
createServer({
  router,
  // @ts-expect-error the context is not what the router asks for
  createContext: () => ({ isRoot: false }),
});

// A router that asks for a principal is not served to everybody by leaving `authenticate` out.
const members = implement(contract({ now: query({ output: z.date() }) }))
  .context<{ principal: Member }>()
  .router({ now: () => new Date() });
createServer({ router: members, authenticate: () => member() });
createServer({ router: members, authenticate: async () => (Math.random() > 2 ? member() : null) });
// @ts-expect-error nobody says who is there
createServer({ router: members });
createServer({
  router: members,
  // @ts-expect-error a string is no principal
  authenticate: () => "root",
});
