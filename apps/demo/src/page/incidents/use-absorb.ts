/** Puts the answer of a call into what the page holds, so that it need not wait for its event. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Incident } from "../../domain.js";
import { useTRPC } from "../line/tautline.js";
import { withIncident } from "./apply-change.js";

/** Returns a function that takes an incident as the server answered it. */
export function useAbsorb() {
  const queryClient = useQueryClient();
  const trpc = useTRPC();
  return useCallback(
    (incident: Incident) => {
      queryClient.setQueryData(
        trpc.incident.list.queryKey(),
        (listing) =>
          listing && { ...listing, incidents: withIncident(listing.incidents, incident) },
      );
      queryClient.setQueryData(trpc.incident.read.queryKey({ number: incident.number }), (known) =>
        known && known.incident.revision < incident.revision ? { ...known, incident } : known,
      );
    },
    [queryClient, trpc],
  );
}
