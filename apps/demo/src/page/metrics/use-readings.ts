/** The readings of a service for a chart: history from a query, then live from a subscription. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { ChartWindow, Service } from "../../vocabulary.js";
import { useTRPC } from "../line/tautline.js";
import { useLine, useLineStory } from "../line/use-line.js";
import type { Live } from "./live.js";
import { join, unfold } from "./series.js";

/** The live readings of all services. */
export function useLive(): Live {
  const { live } = useLine();
  return useSyncExternalStore(live.subscribe, live.current);
}

/** The readings of `service` over `window`, `undefined` while history is read. */
export function useReadings(service: Service, window: ChartWindow) {
  const trpc = useTRPC();
  const { reconnects } = useLineStory();
  const live = useLive()[service];
  const history = useQuery(
    trpc.metrics.history.queryOptions({ service, window }, { staleTime: 60_000 }),
  );

  const { refetch } = history;
  useEffect(() => {
    if (reconnects > 0) refetch(); // what came while the line was down is history now
  }, [reconnects, refetch]);

  const readings = useMemo(
    () => history.data && join(unfold(history.data), live, window),
    [history.data, live, window],
  );
  return { readings, failed: history.isError, retry: refetch };
}
