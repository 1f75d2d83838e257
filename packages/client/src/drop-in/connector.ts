/**
 * Connector: keeps a line to the server for as long as somebody wants one. When the server asks, it
 * opens the next line before it leaves the present one; when a line is lost, it comes back by
 * tRPC's delays. Queries and mutations stay where they were sent, and fail with their line: sent
 * twice, they could be done twice.
 */

import type { TRPCClientError as ClientError, Encoder, WebSocketClientOptions } from "@trpc/client";
import type { TRPCConnectionState } from "@trpc/client/unstable-internals";
import { type BehaviorSubject, behaviorSubject } from "@trpc/server/observable";
import { TRPCClientError } from "../trpc.js";
import { guarded } from "./guarded.js";
import { createLine, type Line, type LineEvents } from "./line.js";
import { createRequests, type Sending } from "./requests.js";

/** Where the connection stands, in tRPC's words. */
export type State = TRPCConnectionState<ClientError<any>>;

/** The first attempt at once, then 2 s, 4 s … up to 30 s: tRPC's own delays, in milliseconds. */
const stockDelayMs = (attempt: number) =>
  attempt === 0 ? 0 : Math.min(1_000 * 2 ** attempt, 30_000);

/** Creates a connector without a line. `heard` is told of every frame and every opening. */
export function createConnector(
  options: WebSocketClientOptions,
  encoder: Encoder,
  heard: () => void,
) {
  const isLazy = options.lazy?.enabled ?? false;
  const { retryDelayMs = stockDelayMs } = options;
  const state: BehaviorSubject<State> = behaviorSubject<State>({
    type: "state",
    state: isLazy ? "idle" : "connecting",
    error: null,
  });
  /** Somebody wants to be connected: false from `close` to the next request. */
  let wanted = false;
  /** Takes the requests. */
  let current: Line | undefined;
  /** Will take them once it is open. */
  let next: Line | undefined;
  /** The one before `current`, while it lives: should `current` fail, it takes over again. */
  let retired: Line | undefined;
  /** Those that `close` waits for. */
  const leaving = new Set<Line>();
  let reconnecting = false;
  /** The attempt that opened `current`; goes on if the server refuses it. */
  let attempt = 0;
  /** The server has said that it will not serve the newest line. */
  let refused = false;
  /** Why the last move failed, told when the line that could not be left is lost as well. */
  let moveError: Error | undefined;
  let waking = false;

  function become(name: State["state"], error: Error | null = null) {
    const told = error && TRPCClientError.from(error);
    state.next({ type: "state", state: name, error: told } as State);
  }

  // ---- sending -----------------------------------------------------------------------------

  const requests = createRequests({
    stop({ line, id }) {
      if (!line.isAlive) return false;
      guarded(() => line.send({ id, method: "subscription.stop" }));
      return true;
    },
    left: closeIfDrained,
  });

  function closeIfDrained(line: Line | undefined) {
    if (line === undefined || line === current || line === next || leaving.has(line)) return;
    if (line.sendings.size === 0) line.ws?.close();
  }

  /** Sends at the end of this turn what waits. */
  function wake() {
    if (waking) return;
    waking = true;
    queueMicrotask(() => {
      waking = false;
      if (requests.waiting === 0) return;
      if (current?.isOpen) send(current, requests.sendWaiting(current));
      else open();
    });
  }

  function send(line: Line, sendings: readonly Sending[]) {
    const messages = sendings.map(({ request: { method, params }, id }) => ({
      id,
      method,
      params,
    }));
    if (messages.length === 0) return;
    try {
      line.send(messages.length === 1 ? messages[0] : messages);
    } catch (cause) {
      // One that can not be encoded does not keep the others from leaving.
      if (messages.length > 1) for (const sending of sendings) send(line, [sending]);
      else fail(sendings[0]!, cause);
    }
  }

  function fail({ request }: Sending, cause: unknown) {
    requests.drop(request);
    request.requester.error(TRPCClientError.from(cause as Error));
  }

  // ---- lines -------------------------------------------------------------------------------

  function open() {
    wanted = true;
    if (reconnecting || current !== undefined) return;
    attempt = 0;
    if (state.get().state === "idle") become("connecting");
    const line = createLine(options, encoder, events);
    current = line;
    refused = false;
    line.open().then(wake, (error) => {
      if (!current?.isOpen) reconnect(closedError("Initialization error", error));
      // One whose connectionParams failed is open, but of no use.
      void line.close();
    });
  }

  /**
   * Opens the next line, however often it takes.
   *
   * @param lost Why there is none, where there is none.
   */
  function reconnect(lost: Error | undefined) {
    if (!wanted) return;
    if (lost !== undefined) {
      become("connecting", moveError ?? lost);
      moveError = undefined;
    }
    if (reconnecting) return;
    reconnecting = true;
    void keepTrying(refused ? attempt + 1 : 0).then(() => {
      reconnecting = false;
      wake();
    });
  }

  async function keepTrying(firstAttempt: number) {
    for (let index = firstAttempt; wanted; index++) {
      await delay(index);
      if (!wanted) return;
      const line = createLine(options, encoder, events);
      next = line;
      refused = false;
      try {
        await line.open();
        if (!line.isOpen) throw new Error("WebSocket closed before it was ready");
        next = undefined;
        if (wanted) moveTo(line, index);
        else void line.close();
        return;
      } catch (cause) {
        next = undefined;
        void line.close();
        const error = closedError("Initialization error", cause);
        // As long as the present line serves everybody, nobody needs to know.
        if (current?.isOpen) moveError = error;
        else if (wanted) become("connecting", error);
      }
    }
  }

  async function delay(index: number) {
    let delayMs = stockDelayMs(index);
    guarded(() => {
      delayMs = retryDelayMs(index);
    });
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }

  function moveTo(line: Line, index: number) {
    const previous = current;
    current = line;
    retired = previous?.isOpen ? previous : undefined;
    attempt = index;
    moveError = undefined;
    if (state.get().state !== "pending") become("pending");
    send(line, requests.move(line));
    closeIfDrained(previous);
  }

  const events: LineEvents = {
    opened(line) {
      heard();
      guarded(() => options.onOpen?.());
      // One that is to replace another changes nothing before it has.
      if (state.get().state === "pending" || (line !== current && current?.isOpen)) return;
      become("pending");
    },
    heard,
    message(line, message) {
      if (typeof message !== "object" || message === null) return;
      if ("method" in message) {
        if (message.method === "reconnect" && line === current) reconnect(undefined);
        return;
      }
      // A line that was left still answers, but says nothing of the server that is used now.
      if (line === current || line === next) {
        if (message.id === null && "error" in message) refused = true;
        else if ("result" in message) refused = false;
      }
      requests.receive(line, message);
    },
    unreadable(error) {
      const event = { type: "error", error, message: String(error) } as unknown as Event;
      guarded(() => options.onError?.(event));
    },
    failed(line, event) {
      lose(line, event);
      guarded(() => options.onError?.(event));
      if (line === current) reconnect(closedError("WebSocket closed", event));
    },
    closed(line, event) {
      lose(line, event);
      guarded(() => options.onClose?.(event));
      if (line !== current) return;
      if (!isLazy || requests.size > 0) reconnect(closedError("WebSocket closed", event));
      current = undefined;
      if (!reconnecting && wanted) become("idle"); // lazy, and nobody asks for anything
    },
  };

  /** After a line has failed or closed. */
  function lose(line: Line, cause: unknown) {
    if (line === retired) retired = undefined;
    const takesOver = line === current && retired?.isOpen;
    if (takesOver) {
      current = retired;
      retired = undefined;
      moveError = closedError("WebSocket closed", cause);
    }
    for (const request of requests.lose(line)) {
      requests.drop(request);
      request.requester.error(TRPCClientError.from(cause as Error));
    }
    if (current?.isOpen && line !== current) wake();
    if (takesOver) reconnect(undefined);
  }

  return {
    state,
    requests,
    isLazy,
    open,
    wake,
    /** The line to be shown: the one in use, else the one that is made. */
    get line() {
      return current?.ws ? current : (next ?? current ?? [...leaving].at(-1));
    },
    /** Whether there is one to be closed. */
    get isUsed() {
      return current !== undefined;
    },
    /** Leaves the line once `answered` has resolved. A request that comes now opens another. */
    async leave(answered: Promise<unknown>) {
      wanted = false;
      moveError = retired = undefined;
      const line = current;
      current = undefined;
      if (line !== undefined) leaving.add(line);
      await answered;
      next?.ws?.close();
      await line?.close();
      if (line !== undefined) leaving.delete(line);
      if (!wanted && leaving.size === 0 && state.get().state !== "idle") become("idle");
    },
  };
}

/** The error of a call or a state that was for want of a line, by the name tRPC gives it. */
export function closedError(message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, { cause }), { name: "TRPCWebSocketClosedError" });
}
