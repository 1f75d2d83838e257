/** A client by hand: says what it likes, and notes everything it hears. */
import { until } from "@tautline/testing";
import { WebSocket } from "ws";

/** A socket and what it heard. */
export type RawClient = Awaited<ReturnType<typeof connectRaw>>;

/** Opens a socket. It never answers by itself. */
export async function connectRaw(url: string) {
  const socket = new WebSocket(url);
  /** Messages, and PING and PONG as they are. */
  const heard: any[] = [];
  let closed: number | undefined;
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    heard.push(text === "PING" || text === "PONG" ? text : JSON.parse(text));
  });
  socket.on("close", (code) => {
    closed = code;
  });
  socket.on("error", () => {});
  await until(() => socket.readyState !== WebSocket.CONNECTING);
  const about = (id: unknown) => heard.filter((message) => message.id === id);
  return {
    socket,
    heard,
    about,
    /** How it ended; undefined while it is open. */
    get closed() {
      return closed;
    },
    /** Sends messages in one frame: alone as it is, several as an array. */
    say(...messages: readonly unknown[]) {
      const [first] = messages;
      if (typeof first === "string") socket.send(first);
      else socket.send(JSON.stringify(messages.length === 1 ? first : messages));
    },
    /** Says something, and waits for a message under its id. */
    async ask(message: { readonly id: unknown; readonly [member: string]: unknown }) {
      const before = about(message.id).length;
      socket.send(JSON.stringify(message));
      return until(() => about(message.id)[before]);
    },
    [Symbol.dispose]() {
      socket.terminate();
    },
  };
}

/** A request as tRPC's own client writes it. */
export function request(
  method: "query" | "mutation" | "subscription",
  id: number | string,
  path: string,
  params: { readonly input?: unknown; readonly lastEventId?: string } = {},
) {
  return { id, method, params: { path, ...params } };
}
