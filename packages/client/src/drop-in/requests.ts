/**
 * Requests: what was asked, on which lines it is, and what the lines say of it. While a client
 * moves, a subscription is on two lines: the old one serves it until the new one has said
 * `started`, and for as long as it takes to be sure that nothing it said got lost.
 */
import type { Line } from "./line.js";

/** Who made a request. */
export interface Requester {
  /** An answer, an event, `started` or `stopped`, as it came; nothing follows an error. */
  next(message: any): void;
  complete(): void;
  error(error: Error): void;
}

/** What was asked. */
export interface Request {
  readonly method: "query" | "mutation" | "subscription";
  readonly params: { readonly input: unknown; readonly path: string; lastEventId?: string };
  readonly requester: Requester;
  /** The line whose word counts; none while it waits to be sent. */
  serving: Sending | undefined;
  /** Where it moves to. */
  confirming: Sending | undefined;
  /** Where it was before, and something may still be on its way. */
  readonly draining: Set<Sending>;
  /** Ids of events the old line told while it moved; the new one begins before them. */
  overlap: Set<string> | undefined;
  /** Its requester knows that it has started. */
  started: boolean;
  /** Called when it is over. */
  readonly onOver: (() => void)[];
}

/** A request as it was sent on one line. */
export interface Sending {
  readonly request: Request;
  readonly line: Line;
  readonly id: number;
}

/** What the table asks of its owner. */
export interface RequestsHost {
  /** Says that a subscription is no longer wanted there. False if the line can not carry it. */
  stop(sending: Sending): boolean;
  /** Something that was on this line is over; it may be empty now. */
  left(line: Line): void;
}

/** The requests of one client. */
export type Requests = ReturnType<typeof createRequests>;

/** Creates a table without requests. */
export function createRequests(host: RequestsHost) {
  /** In the order they are to be sent. */
  let waiting: Request[] = [];
  const live = new Set<Request>();
  let lastId = 0;

  function put(request: Request, line: Line): Sending {
    // A new id for each sending: the line may still speak of an earlier one.
    const sending = { request, line, id: ++lastId };
    line.sendings.set(String(sending.id), sending);
    return sending;
  }

  function take(sending: Sending | undefined) {
    if (sending === undefined) return;
    const { request, line, id } = sending;
    line.sendings.delete(String(id));
    request.draining.delete(sending);
    host.left(line);
  }

  /** Forgets a request, and stops what is left of it. */
  function drop(request: Request) {
    if (!live.delete(request)) return;
    waiting = waiting.filter((other) => other !== request);
    const { serving, confirming, draining, method } = request;
    for (const sending of [serving, confirming]) {
      if (method === "subscription" && sending !== undefined) host.stop(sending);
      take(sending);
    }
    for (const sending of [...draining]) take(sending);
    for (const run of request.onOver) run();
  }

  /** The server is done with it: there is nothing to be stopped. */
  function finish(request: Request) {
    take(request.serving);
    request.serving = undefined;
    drop(request);
  }

  /** The new line has the subscription: the old one is told to stop, and heard out. */
  function confirm(request: Request) {
    const previous = request.serving;
    request.serving = request.confirming;
    request.confirming = undefined;
    if (previous === undefined) return;
    if (!host.stop(previous)) return take(previous);
    request.draining.add(previous);
    // `stopped` can wait for a handler to end, but a PONG is as late as what was said before it.
    previous.line.fence(() => take(previous));
  }

  return {
    /** How many are not over. */
    get size() {
      return live.size;
    },
    /** How many wait to be sent. */
    get waiting() {
      return waiting.length;
    },
    [Symbol.iterator]: () => [...live][Symbol.iterator](),
    add(method: Request["method"], params: Request["params"], requester: Requester): Request {
      const request: Request = {
        method,
        params,
        requester,
        serving: undefined,
        confirming: undefined,
        draining: new Set(),
        overlap: undefined,
        started: false,
        onOver: [],
      };
      live.add(request);
      waiting.push(request);
      return request;
    },
    drop,
    /** Puts everything that waits on `line`. */
    sendWaiting(line: Line): Sending[] {
      const requests = waiting;
      waiting = [];
      return requests.map((request) => {
        request.serving = put(request, line);
        return request.serving;
      });
    },
    /** Puts the subscriptions that other lines serve on `line` as well. */
    move(line: Line): Sending[] {
      const moving = [...live].filter(
        ({ method, serving }) =>
          method === "subscription" && serving !== undefined && serving.line !== line,
      );
      return moving.map((request) => {
        if (request.confirming !== undefined) host.stop(request.confirming);
        take(request.confirming);
        request.overlap = new Set();
        request.confirming = put(request, line);
        return request.confirming;
      });
    },
    /** A line is gone. Its subscriptions wait to be sent again; the rest of what it served is returned. */
    lose(line: Line): Request[] {
      const failed: Request[] = [];
      const again: Request[] = [];
      const lost = [...line.sendings.values()];
      line.sendings.clear();
      for (const sending of lost) {
        const { request } = sending;
        if (request.draining.delete(sending)) continue;
        if (request.confirming === sending) {
          request.confirming = request.overlap = undefined;
        } else if (request.confirming !== undefined) {
          request.serving = request.confirming;
          request.confirming = undefined;
        } else {
          request.serving = undefined;
          request.started = false;
          (request.method === "subscription" ? again : failed).push(request);
        }
      }
      waiting = [...again, ...waiting];
      return failed;
    },
    /** Hands what a line said to whom it is for. */
    receive(line: Line, message: any) {
      const sending = line.sendings.get(String(message.id));
      if (sending === undefined) return;
      const { request } = sending;
      const { result } = message;
      if (sending === request.confirming) confirm(request);
      else if (sending !== request.serving) {
        // What has an id the new line tells as well. What has none it may have missed.
        if (result?.type === "stopped") take(sending);
        else if (result?.type === "data" && result.id === undefined)
          request.requester.next(message);
        return;
      }
      // Nobody needs to know that it moved.
      if (result?.type === "started" && request.started) return;
      if (result?.type === "data" && result.id !== undefined) {
        const eventId = String(result.id);
        if (request.confirming !== undefined) request.overlap?.add(eventId);
        else if (request.overlap?.delete(eventId)) return;
        request.params.lastEventId = eventId;
      }
      if (result?.type === "started") request.started = true;
      const goesOn =
        request.method === "subscription" && result !== undefined && result.type !== "stopped";
      if (!goesOn) finish(request);
      request.requester.next(message);
      if (!goesOn) request.requester.complete();
    },
  };
}
