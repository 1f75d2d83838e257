/** For tests: a client whose server is played by hand, frame by frame, in memory. */
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { createManualClock, createMemoryNetwork, settled, until } from "@tautline/testing";
import { z } from "zod";
import { type ClientOptions, connectionOf, createClient } from "./client.js";

/** What the tests call. The server is played, so nobody validates. */
export const played = contract(
  {
    greet: query({ input: z.object({ name: z.string() }), output: z.string() }),
    now: query({ output: z.date() }),
    change: mutation({
      input: z.object({ n: z.number() }),
      output: z.number(),
      errors: { TOO_MANY: z.object({ most: z.number() }) },
    }),
    again: mutation({ output: z.number(), repeat: "safe", deadlineMs: 2_000 }),
    deep: { log: subscription({ output: z.number(), tracked: true }) },
    ticks: subscription({ output: z.number() }),
  },
  { revision: 3 },
);

/** One socket, seen from the server. */
export interface PlayedSocket {
  readonly url: string;
  readonly protocols: readonly string[];
  /** The frames of the client, as they came. */
  readonly frames: string[];
  /** Its messages, however they were framed; PING and PONG left out. */
  readonly messages: any[];
  /** How it ended, once it has. */
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** Sends each as a frame; what is not text becomes JSON. */
  say(...frames: unknown[]): void;
  welcome(changes?: object): void;
  close(code: number, reason?: string): void;
  /** Breaks the network under it. */
  cut(): void;
}

/** What a played server says to hello. PROTOCOL.md §3.2 */
export const welcome = {
  method: "welcome",
  version: 1,
  limits: {
    maxFrameBytes: 1_048_576,
    maxCallsInFlight: 64,
    maxSubscriptions: 256,
    messagesPerSecond: 1_000,
    messageBurst: 2_000,
  },
  heartbeat: { intervalMs: 15_000, timeoutMs: 5_000 },
  reconnectWindowMs: 1_000,
};

/** Creates a client and everything around it. Random numbers are all 0.5. */
export function createPlay(options: Partial<ClientOptions<typeof played>> = {}) {
  const clock = createManualClock();
  const network = createMemoryNetwork({ clock });
  const sockets: PlayedSocket[] = [];

  network.listen((socket, { url, protocols }) => {
    const one: PlayedSocket = {
      url,
      protocols,
      frames: [],
      messages: [],
      closed: undefined,
      say(...frames) {
        for (const frame of frames) {
          const isFrame = typeof frame === "string" || frame instanceof Uint8Array;
          socket.send(isFrame ? frame : JSON.stringify(frame));
        }
      },
      welcome: (changes) => one.say({ ...welcome, ...changes }),
      close: (code, reason) => socket.close(code, reason),
      cut: () => socket.terminate(),
    };
    sockets.push(one);
    socket.start({
      frame(frame) {
        one.frames.push(String(frame));
        if (frame === "PING" || frame === "PONG") return;
        one.messages.push(...[JSON.parse(String(frame))].flat());
      },
      close(code, reason) {
        one.closed = { code, reason };
      },
    });
    return { protocol: protocols[0] ?? "" };
  });

  const api = createClient<typeof played>({
    url: "ws://test/line",
    connect: network.connect,
    clock,
    random: () => 0.5,
    ...options,
  });

  return {
    api,
    connection: connectionOf(api),
    clock,
    network,
    sockets,
    /** The nth socket, once it is there and has said something. */
    async socket(n = 0): Promise<PlayedSocket> {
      return until(() => sockets[n]?.messages.length && sockets[n], { clock, withinMs: 60_000 });
    },
    /** The first socket, welcomed. */
    async open(changes?: object): Promise<PlayedSocket> {
      connectionOf(api).connect();
      const socket = await this.socket();
      socket.welcome(changes);
      await settled();
      return socket;
    },
  };
}

/** A result, encoded. PROTOCOL.md §4.2 */
export const result = (id: number, json: unknown) => ({
  id,
  result: { type: "data", data: { json } },
});

/** An event of a tracked subscription. PROTOCOL.md §5.1 */
export const event = (id: number, eventId: string, data: unknown) => ({
  id,
  result: { type: "data", id: eventId, data: { json: { id: eventId, data } } },
});

/** A failure, encoded. PROTOCOL.md §6 */
export const failure = (
  id: number | null,
  code: string,
  app?: { code: string; data: unknown },
) => ({
  id,
  error: { json: { message: code, code: -32000, data: { code, httpStatus: 400, app } } },
});

/** What a promise rejects with. */
export async function failureOf(promise: PromiseLike<unknown>): Promise<any> {
  return promise.then(
    (value) => {
      throw new Error(`Resolved with ${JSON.stringify(value)}`);
    },
    (error) => error,
  );
}
