/**
 * A client's socket that notes what it carries for a session: which socket became the session's,
 * and which one handed over its messages.
 */
import type { Frame, Socket } from "@tautline/contracts/runtime";
import { openSocket } from "../../packages/client/src/adapter/node.js";
import type { Writer } from "./history.js";

/** The session that a `welcome` names, wherever in it. */
export function sessionIn(
  frame: Frame,
): { id: string; generation: number | undefined } | undefined {
  if (typeof frame !== "string" || !frame.includes('"welcome"')) return undefined;
  const said = JSON.parse(frame);
  const welcome = [said].flat().find((message) => message?.method === "welcome");
  const { session, generation } = welcome ?? {};
  const id = typeof session === "string" ? session : session?.id;
  if (typeof id !== "string") return undefined;
  return { id, generation: generation ?? session?.generation };
}

/** Opens sockets that note what they do. One for all clients of a process. */
export function watchSockets(history: Writer) {
  const generations = new Map<string, number>();
  let opened = 0;

  return {
    /** How many were opened. */
    get opened() {
      return opened;
    },
    /** Opens one. */
    open(client: string, url: string, protocols: readonly string[]): Socket {
      const name = `${client}#${++opened}`;
      const socket = openSocket(url, protocols, 16_777_216);
      let isAttached = false;
      let isLeft = false;

      function attach(frame: Frame) {
        const session = sessionIn(frame);
        if (session === undefined) return;
        const before = generations.get(session.id) ?? 0;
        const generation = session.generation ?? before + 1;
        generations.set(session.id, generation);
        isAttached = true;
        history.note({ kind: "attach", session: session.id, generation, socket: name });
      }
      return {
        ...socket,
        get protocol() {
          return socket.protocol;
        },
        get bufferedBytes() {
          return socket.bufferedBytes;
        },
        start: (handler) =>
          socket.start({
            ...handler,
            open: () => handler.open?.(),
            frame(frame) {
              if (!isAttached) attach(frame);
              // What comes after it was left is for nobody, and a PONG is no message of the session's.
              else if (!isLeft && frame !== "PONG" && frame !== "PING")
                history.note({ kind: "deliver", socket: name });
              handler.frame(frame);
            },
            close(code, reason) {
              if (isAttached) history.note({ kind: "detach", socket: name, code });
              handler.close(code, reason);
            },
          }),
        close(code, reason) {
          isLeft = true;
          socket.close(code, reason);
        },
        terminate() {
          isLeft = true;
          socket.terminate();
        },
      };
    },
  };
}
