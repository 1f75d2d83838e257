/**
 * I7: a mutation runs at most once by default. A caller that was answered knows that it ran exactly
 * once; one that was told `OUTCOME_UNKNOWN`, none or once; one that was told it has not run, not at
 * all. All answers to one request agree, whoever asked.
 */
import type { Event, EventOf } from "../events.js";
import { type Checker, isSame, ofKind, report } from "./checker.js";

/** What was asked once, by one call, or by several with one key. */
interface Request {
  readonly invokes: EventOf<"invoke">[];
  readonly executions: EventOf<"execute">[];
  readonly replies: EventOf<"reply">[];
  readonly oks: EventOf<"ok">[];
  readonly fails: EventOf<"fail">[];
}

/** Finds mutations that ran too often, or not as their callers were told. */
export const atMostOnce: Checker = (history) => {
  const { violations, add } = report("I7");
  const { requests, ofCall } = requestsIn(history);

  for (const { call, at } of ofKind(history, "execute")) {
    if (!ofCall.has(call)) add(at, `${call} ran and nobody had asked for it`);
  }
  for (const [name, request] of requests) {
    const { invokes, executions, replies, oks, fails } = request;
    const repeat = invokes[0]!.repeat;
    if (repeat === "query") continue; // may run as often as it likes, and notes nothing
    const first = executions[0];

    if (repeat === "never" && executions.length > 1) {
      add(executions[1]!.at, `${name} ran ${executions.length} times`);
    }
    if (first !== undefined && first.at < invokes[0]!.at) {
      add(first.at, `${name} ran before it was asked for`);
    }
    for (const { at } of oks) {
      if (first === undefined || first.at > at) add(at, `${name} was answered and had not run`);
    }
    // One call of several may have failed and left the work to another.
    if (first !== undefined && fails.length === invokes.length) {
      add(first.at, `${name} ran, and its caller was told ${fails[0]!.code}: that it has not`);
    }
    if (repeat !== "never") continue;
    for (const { at, result } of oks) {
      if (!isSame(result, oks[0]!.result)) add(at, `${name} was answered in two ways`);
      if (replies.length > 0 && !replies.some((reply) => isSame(reply.result, result))) {
        const said = JSON.stringify(result);
        add(at, `${name} was answered with ${said}, which its handler never said`);
      }
    }
  }
  return violations;
};

function requestsIn(history: readonly Event[]) {
  const requests = new Map<string, Request>();
  const ofCall = new Map<string, Request>();
  for (const invoke of ofKind(history, "invoke")) {
    const name = invoke.key === undefined ? invoke.call : `key ${invoke.key}`;
    let request = requests.get(name);
    if (request === undefined) {
      request = { invokes: [], executions: [], replies: [], oks: [], fails: [] };
      requests.set(name, request);
    }
    request.invokes.push(invoke);
    ofCall.set(invoke.call, request);
  }
  for (const event of history) {
    if (event.kind === "execute") ofCall.get(event.call)?.executions.push(event);
    if (event.kind === "reply") ofCall.get(event.call)?.replies.push(event);
    if (event.kind === "ok") ofCall.get(event.call)?.oks.push(event);
    if (event.kind === "fail") ofCall.get(event.call)?.fails.push(event);
  }
  return { requests, ofCall };
}
