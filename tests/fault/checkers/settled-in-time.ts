/**
 * I9: every call settles, once, by its deadline. Only those of a client that was ended by the
 * conductor need not.
 */
import { type Checker, ofKind, report } from "./checker.js";

/** What a deadline may be late by, in milliseconds: two cores run servers, clients and proxies. */
const slackMs = 2_000;

/** Finds calls that hang, settle late, or settle twice. */
export const settledInTime: Checker = (history) => {
  const { violations, add } = report("I9");
  const invokes = new Map(ofKind(history, "invoke").map((invoke) => [invoke.call, invoke]));
  const settled = new Set<string>();

  for (const event of history) {
    if (event.kind !== "ok" && event.kind !== "fail" && event.kind !== "unknown") continue;
    const { call, at } = event;
    const invoke = invokes.get(call);
    if (invoke === undefined) add(at, `${call} settled and was never made`);
    else if (at > invoke.at + invoke.deadlineMs + slackMs) {
      const took = Math.round(at - invoke.at);
      add(
        at,
        `${call} (${invoke.path}) settled after ${took} ms: its deadline is ${invoke.deadlineMs}`,
      );
    }
    if (settled.has(call)) add(at, `${call} settled twice`);
    settled.add(call);
  }
  const killed = new Set(ofKind(history, "killed").map(({ actor }) => actor));
  for (const { call, path, by, at } of invokes.values()) {
    if (!settled.has(call) && !killed.has(by)) add(at, `${call} (${path}) never settled`);
  }
  return violations;
};
