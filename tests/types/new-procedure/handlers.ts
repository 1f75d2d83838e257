/** The server's side. */
import { implement } from "@tautline/server";
import type * as z from "zod";
import { app, type Incident as IncidentSchema } from "./contract.js";

type Incident = z.output<typeof IncidentSchema>;

interface Ctx {
  readonly user: string;
  readonly incidents: { find(id: string): Incident; save(incident: Incident): Incident };
  readonly all: () => Incident[];
}

export const router = implement(app)
  .context<Ctx>()
  .router({
    incident: {
      list: ({ ctx }) => ctx.all(),
      resolve({ input, ctx }) {
        return ctx.incidents.save({ ...ctx.incidents.find(input.id), resolvedBy: ctx.user });
      },
      // (here)
    },
  });
