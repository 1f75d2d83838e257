/**
 * The calls under way in a session, by number. The numbers rise, so a call is kept at its number's
 * place in a ring, and moves to a table only when it is still there a whole round later, as
 * subscriptions are. A table alone would cost a busy client much: see `call-list.ts`.
 */
import type { Call } from "../call/call.js";

/** What a session has to know of a call that was sent in it, whatever has become of it. */
export type Sent = Pick<Call, "id" | "kind"> & { readonly route?: Call["route"] };

// More than are under way at once in most apps. Where there are more, some are in the table.
const places = 1_024;

/** What is under way. */
export type Underway = ReturnType<typeof createUnderway>;

/** Creates an empty ring. */
export function createUnderway() {
  const ring: (Sent | undefined)[] = [];
  const older = new Map<unknown, Sent>();

  function get(id: unknown) {
    const recent = ring[(id as number) % places];
    return recent?.id === id ? recent : older.get(id);
  }

  return {
    get,
    /** Adds a call under its number, which is higher than all before, or stands for another call already. */
    set(call: Sent) {
      const place = call.id % places;
      const occupant = ring[place];
      if (occupant && occupant.id !== call.id) older.set(occupant.id, occupant);
      older.delete(call.id); // what was withdrawn late has moved there before
      ring[place] = call;
    },
    delete(id: unknown) {
      const place = (id as number) % places;
      if (ring[place]?.id === id) ring[place] = undefined;
      else older.delete(id);
    },
    /** All of them, the oldest first. */
    values: () => [...older.values(), ...ring].filter((call) => !!call).sort((a, b) => a.id - b.id),
  };
}
