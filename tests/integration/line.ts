/**
 * A line by hand: a real server, and clients that speak the wire frame by frame over memory
 * sockets. Time is a manual clock's, so nothing here waits for anything but the event loop.
 */
import type { Socket } from "@tautline/contracts/runtime";
import { createServer, type ServerOptions, type SocketRequest } from "@tautline/server";
import {
  createManualClock,
  createMemorySocketPair,
  type LinkControl,
  type ManualClock,
  settled,
} from "@tautline/testing";
import type { AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";

/** A message as it came over the wire, or the text of a heartbeat. */
export type Message = any;

/** One record of the server's log. */
export interface LogRecord {
  readonly level: string;
  readonly fields: any;
  readonly message: string;
}

/** One connection, and what it was told. */
export interface Line {
  /** The client's socket. */
  readonly socket: Socket;
  /** What lies between the two ends. */
  readonly network: LinkControl;
  /** Frames as they arrived. */
  readonly frames: readonly string[];
  /** The messages in them, in order. */
  readonly heard: readonly Message[];
  /** How the connection ended; undefined while it is open. */
  readonly closed: { readonly code: number; readonly reason: string } | undefined;
  /** Sends a text as it is. */
  raw(text: string): void;
  /** Sends messages in one frame: alone as it is, several as an array. */
  say(...messages: readonly Message[]): void;
  /** The messages about one call. */
  about(id: unknown): Message[];
  /** Says something, and gives what was heard of it once nothing more is ready. */
  ask(message: Message): Promise<Message[]>;
}

export type ServiceOptions = Partial<ServerOptions<any>> & {
  readonly router: AnyTRPCRouter;
  readonly createContext?: (opening: any) => unknown;
};

export interface ConnectOptions extends Partial<SocketRequest> {
  /** Whether the full dialect's hello is said, and its welcome awaited. @default true */
  readonly hello?: boolean | object;
}

/** Starts a server on a manual clock, and gives the hands to connect to it. */
export function startService(options: ServiceOptions) {
  const clock: ManualClock = createManualClock();
  const log: LogRecord[] = [];
  const to = (level: string) => (fields: object, message: string) =>
    void log.push({ level, fields, message });
  const logger = { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
  const server = createServer({ clock, logger, ...options } as never);

  async function connect({ hello = true, ...request }: ConnectOptions = {}): Promise<Line> {
    const { client, server: end, network } = createMemorySocketPair({ clock });
    const line = listenTo(client, network);
    const { dialect = "full" } = request;
    server.serve(end, { ...request, dialect });
    if (dialect === "full" && hello) {
      line.say({ method: "hello", version: 1, ...(typeof hello === "object" ? hello : {}) });
    }
    await settled();
    return line;
  }

  return {
    server,
    clock,
    log,
    connect,
    /** What a finished test must not leave behind. */
    leftovers: () => [...clock.leftovers(), ...[...server.connections].map(({ id }) => id)],
    async [Symbol.asyncDispose]() {
      await server.close();
    },
  };
}

/** Speaks the wire by hand on a socket. */
export function listenTo(socket: Socket, network: LinkControl): Line {
  const frames: string[] = [];
  const heard: Message[] = [];
  let closed: Line["closed"];
  socket.start({
    frame(frame) {
      const text = String(frame);
      frames.push(text);
      if (text === "PING" || text === "PONG") heard.push(text);
      else heard.push(...[JSON.parse(text)].flat());
    },
    close(code, reason) {
      closed = { code, reason };
    },
  });
  const line: Line = {
    socket,
    network,
    frames,
    heard,
    get closed() {
      return closed;
    },
    raw: (text) => socket.send(text),
    say: (...messages) =>
      socket.send(JSON.stringify(messages.length === 1 ? messages[0] : messages)),
    about: (id) => heard.filter((message) => message?.id === id),
    async ask(message) {
      const before = line.about(message.id).length;
      line.say(message);
      await settled();
      return line.about(message.id).slice(before);
    },
  };
  return line;
}

/** A request; `input` as it is, `encoded` as it goes over the wire. */
export function call(
  method: "query" | "mutation" | "subscription",
  id: number | string,
  path: string,
  ...rest: readonly [input?: unknown, more?: object]
): Message {
  const [input, more = {}] = rest;
  const params = rest.length === 0 ? { path } : { path, input: superjson.serialize(input) };
  return { id, method, params, ...more };
}

/** What a result or a failure means, decoded. */
export function decoded(message: Message): any {
  if (message.error !== undefined) return superjson.deserialize(message.error);
  const { data } = message.result;
  return data === undefined ? undefined : superjson.deserialize(data);
}

/** One word for each message about a call: `started`, `stopped`, a failure's code, or the data. */
export function told(messages: readonly Message[]): unknown[] {
  return messages.map((message) => {
    if (message.error === undefined) {
      return message.result.type === "data" ? decoded(message) : message.result.type;
    }
    const { data } = decoded(message);
    return data.app?.code ?? data.code;
  });
}
