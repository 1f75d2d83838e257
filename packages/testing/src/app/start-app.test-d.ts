/** `startApp`: what `api` and the callbacks are, from what a service is started with. */
import type { Client } from "@tautline/client";
import { contract, query } from "@tautline/contracts";
import { implement, type OpeningRequest } from "@tautline/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { startApp } from "./index.js";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Fact extends true>() => {};

interface Member {
  userId: string;
  isAdmin: boolean;
}

const clocks = contract({
  now: query({ output: z.date() }),
  at: query({ input: z.object({ zone: z.string() }), output: z.map(z.string(), z.date()) }),
});
const handlers = { now: () => new Date(), at: () => new Map<string, Date>() };
const open = implement(clocks).router(handlers);
const router = implement(clocks).context<{ isAdmin: boolean }>().router(handlers);
const personal = implement(clocks).context<{ principal: Member }>().router(handlers);
const member = (token = ""): Member => ({ userId: token, isAdmin: token === "root" });

export async function clients() {
  // Of the router; of the contract, where it is given.
  const byRouter = await startApp({ router: open });
  holds<Equal<typeof byRouter.api, Client<typeof open>>>();
  const byContract = await startApp({ contract: clocks, router: open });
  holds<Equal<typeof byContract.api, Client<typeof clocks>>>();
  const another = byContract.connect({ credentials: { token: "t" }, name: "tests" });
  holds<Equal<typeof another, Client<typeof clocks>>>();

  for (const { api } of [byRouter, byContract]) {
    const now = await api.now.query();
    holds<Equal<typeof now, Date>>();
    const at = await api.at.query({ zone: "UTC" });
    holds<Equal<typeof at, Map<string, Date>>>();
    // @ts-expect-error an input of another type
    api.at.query({ zone: 1 });
    // @ts-expect-error no such procedure
    api.later;
  }

  const t = initTRPC.context<{ isAdmin: boolean }>().create();
  const byHand = t.router({ may: t.procedure.query(({ ctx }) => ctx.isAdmin) });
  const old = await startApp({ router: byHand, createContext: () => ({ isAdmin: true }) });
  const may = await old.api.may.query();
  holds<Equal<typeof may, boolean>>();
}

export async function principals() {
  const app = await startApp({
    router,
    authenticate: async ({ credentials }) => member(credentials?.token),
    createContext({ principal }) {
      holds<Equal<typeof principal, Member>>();
      return { isAdmin: principal.isAdmin };
    },
    server: {
      limits: { maxCallsInFlight: 10 },
      onConnect({ connection }) {
        holds<Equal<typeof connection.principal, Member>>();
      },
    },
  });
  holds<Equal<typeof app.api, Client<typeof router>>>();

  // The principal is all this router asks for.
  const simple = await startApp({
    contract: clocks,
    router: personal,
    authenticate: ({ credentials }: OpeningRequest) => member(credentials?.token),
  });
  holds<Equal<typeof simple.api, Client<typeof clocks>>>();

  // Without `authenticate` everybody is nobody.
  startApp({
    router,
    createContext({ principal }) {
      holds<Equal<typeof principal, null>>();
      return { isAdmin: false };
    },
  });
}

export async function waiting() {
  const app = await startApp({ router: open });
  const found = await app.until(() => [1].find((n) => n > 0));
  holds<Equal<typeof found, number>>();
  const now = await app.finish(app.api.now.query());
  holds<Equal<typeof now, Date>>();
}

export const mistakes = () => [
  // @ts-expect-error the router asks for more than a principal
  startApp({ router }),
  // @ts-expect-error it asks for somebody
  startApp({ router: personal }),
  startApp({
    router,
    // @ts-expect-error the context is not what the router asks for
    createContext: () => ({ isRoot: false }),
  }),
  startApp({
    router: open,
    // @ts-expect-error the clock is the service's own
    server: { clock: undefined },
  }),
  startApp({
    router: open,
    // @ts-expect-error a client connects over the service's own network
    client: { connect: undefined },
  }),
];
