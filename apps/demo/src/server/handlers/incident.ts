/** Incidents: reading them, changing them, following what others change. */
import { type HandlersOf, tracked } from "@tautline/server";
import type { incidents } from "../../contract.js";
import type { Mark } from "../../domain.js";
import type { Ctx } from "../context.js";
import { follow } from "../feed.js";

const markOf = (ctx: Ctx): Mark => ({ by: ctx.userId, at: new Date() });

export const incident: HandlersOf<typeof incidents.incident, Ctx> = {
  list({ ctx }) {
    return { incidents: ctx.store.list(), position: ctx.store.position() };
  },

  read({ input, ctx, fail }) {
    const found = ctx.store.numbered(input.number);
    if (!found) throw fail("INCIDENT_NOT_FOUND", { asked: `INC-${input.number}` });
    return { incident: found, timeline: ctx.store.timeline(found.id) };
  },

  open({ input, ctx, fail }) {
    const repeated = ctx.store.find(input.id);
    if (repeated) return repeated;
    const twin = ctx.store.openWithTitle(input.service, input.title);
    if (twin) throw fail("DUPLICATE_TITLE", { number: twin.number });

    const opened = ctx.store.open(input, markOf(ctx));
    ctx.feed.announce();
    return opened;
  },

  acknowledge({ input, ctx, fail }) {
    const found = ctx.store.find(input.id);
    if (!found) throw fail("INCIDENT_NOT_FOUND", { asked: input.id });
    // The same person twice is the same call sent again, its answer lost on the way.
    if (found.acknowledged?.by === ctx.userId) return found;
    if (found.resolved) throw fail("ALREADY_RESOLVED", found.resolved);
    if (found.acknowledged) throw fail("ALREADY_ACKNOWLEDGED", found.acknowledged);

    const entry = { id: crypto.randomUUID(), kind: "acknowledged", text: null } as const;
    const acknowledged = ctx.store.add(found.id, entry, markOf(ctx));
    ctx.feed.announce();
    return acknowledged;
  },

  resolve({ input, ctx, fail }) {
    const found = ctx.store.find(input.id);
    if (!found) throw fail("INCIDENT_NOT_FOUND", { asked: input.id });
    if (found.resolved?.by === ctx.userId) return found;
    if (found.resolved) throw fail("ALREADY_RESOLVED", found.resolved);

    const entry = { id: crypto.randomUUID(), kind: "resolved", text: input.note || null } as const;
    const resolved = ctx.store.add(found.id, entry, markOf(ctx));
    ctx.feed.announce();
    return resolved;
  },

  comment({ input, ctx, fail }) {
    const found = ctx.store.find(input.id);
    if (!found) throw fail("INCIDENT_NOT_FOUND", { asked: input.id });
    if (ctx.store.hasEntry(input.entryId)) return found;

    const entry = { id: input.entryId, kind: "commented", text: input.text } as const;
    const commented = ctx.store.add(found.id, entry, markOf(ctx));
    ctx.feed.announce();
    return commented;
  },

  async *changes({ input, lastEventId, ctx, signal, fail }) {
    const { store, feed } = ctx;
    const after = store.seqAt(lastEventId ?? input.after);
    if (after === undefined) throw fail("POSITION_UNKNOWN", { position: store.position() });
    const read = store.changesAfter;
    for await (const change of follow(feed, read, ({ entry }) => entry.seq, after, signal)) {
      yield tracked(store.toPosition(change.entry.seq), change);
    }
  },
};
