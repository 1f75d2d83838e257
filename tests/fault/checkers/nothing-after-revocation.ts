/**
 * I13: a user who was revoked, or whose credentials expired, gets nothing after the grace: no event,
 * no answer.
 */
import type { Event } from "../events.js";
import { type Checker, ofKind, report } from "./checker.js";

/**
 * What may pass between the server's last write and the note of a client that gets it, in
 * milliseconds: two cores run them all.
 */
const slackMs = 500;

/** Finds what was given to users who may not have it. */
export const nothingAfterRevocation: Checker = (history) => {
  const { violations, add } = report("I13");
  const userOf = new Map<string, string | undefined>();
  for (const { subscriber, user } of ofKind(history, "subscribe")) userOf.set(subscriber, user);
  for (const { call, user } of ofKind(history, "invoke")) userOf.set(call, user);

  const servedUntil = new Map<string, number>();
  for (const event of history) {
    if (event.kind === "revoked") servedUntil.set(event.user, event.at + event.graceMs);
    if (event.kind === "granted") servedUntil.delete(event.user);
    const name = receiverOf(event);
    const user = name === undefined ? undefined : userOf.get(name);
    const until = user === undefined ? undefined : servedUntil.get(user);
    if (until === undefined || event.at <= until + slackMs) continue;
    const late = Math.round(event.at - until);
    add(event.at, `${name} of ${user} was served ${late} ms after revocation and grace`);
  }
  return violations;
};

function receiverOf(event: Event): string | undefined {
  if (event.kind === "receive") return event.subscriber;
  if (event.kind === "ok") return event.call;
  return undefined;
}
