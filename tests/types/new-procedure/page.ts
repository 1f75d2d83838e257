/** A page's side: it knows the contract by its type alone. */
import { createClient, isDeclared, safe } from "@tautline/client";
import type { app } from "./contract.js";

const api = createClient<typeof app>({ url: "/line" });

export async function page(show: (text: string) => void) {
  const [incident] = await api.incident.list.query();
  if (incident === undefined) return show("All is quiet");
  const [resolved, failed] = await safe(api.incident.resolve.mutate({ id: incident.id }));
  if (isDeclared(failed, "OUTCOME_UNKNOWN")) return show("Look again: it may be resolved");
  show(resolved?.resolvedBy ?? "Nobody");
  // (here)
}
