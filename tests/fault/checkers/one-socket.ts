/**
 * I10: two sockets of one session never both deliver. From the moment a later socket is attached,
 * the one before is fenced; and nobody attaches under a generation that was there already.
 */
import type { EventOf } from "../events.js";
import { type Checker, report } from "./checker.js";

/** Finds sessions that have two sockets at a time. */
export const oneSocket: Checker = (history) => {
  const { violations, add } = report("I10");
  const present = new Map<string, EventOf<"attach">>();
  const sessionOf = new Map<string, string>();

  for (const event of history) {
    if (event.kind === "attach") {
      const { session, generation, socket, at } = event;
      const before = present.get(session);
      if (before !== undefined && generation <= before.generation) {
        const beside = `while ${before.socket} has ${before.generation}`;
        add(at, `${socket} was attached to ${session} as generation ${generation}, ${beside}`);
      } else present.set(session, event);
      sessionOf.set(socket, session);
    }
    if (event.kind === "deliver") {
      const session = sessionOf.get(event.socket);
      const there = session === undefined ? undefined : present.get(session);
      if (there === undefined || there.socket === event.socket) continue;
      add(event.at, `${event.socket} delivered after ${there.socket} was attached to ${session}`);
    }
  }
  return violations;
};
