/**
 * Stats as a store: they change with every frame, so whoever shows them is told in steps and
 * not each time.
 */
import type { Timer } from "@tautline/contracts/runtime";
import { platformClock } from "../clock.js";
import type { Connection, ConnectionStats } from "../connection/face.js";

/** What rendering on a server shows, and the first render in the browser after it. */
export const noStats: ConnectionStats = {
  reconnects: 0,
  resumes: 0,
  messagesRepeated: 0,
  roundTripMs: undefined,
  openForMs: undefined,
  framesIn: 0,
  framesOut: 0,
  charactersIn: 0,
  charactersOut: 0,
};

/** Creates a store that looks at the connection every `everyMs` while somebody listens. */
export function createStatsStore(connection: Connection, everyMs: number) {
  let stats = connection.stats;
  return {
    get: () => stats,
    subscribe(changed: () => void) {
      let timer: Timer;
      const look = () => {
        stats = connection.stats;
        changed();
      };
      const wait = () => {
        timer = platformClock.after(everyMs, () => {
          wait();
          look();
        });
      };
      wait();
      const unsubscribe = connection.subscribe(look);
      return () => {
        timer.cancel();
        unsubscribe();
      };
    },
  };
}
