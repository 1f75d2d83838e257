/**
 * One end of a socket in the hands of a replay. What it hears is kept until the transcript asks
 * for it.
 */
import type { Socket } from "@tautline/contracts/runtime";
import type { WebSocket } from "ws";
import { toSend } from "./frames.js";
import type { Names } from "./names.js";
import type { Said } from "./transcript.js";

/** What came from the other end. */
export type Heard =
  | { readonly frame: string | Uint8Array }
  | { readonly code: number; readonly reason: string };

/** One end of one socket. */
export interface SocketEnd {
  /** What came and was not looked at yet. The end of a socket that this end brought about is no news. */
  readonly heard: Heard[];
  say(said: Said): void;
  /** From now on the end of this socket is no news. */
  over(): void;
}

/** The end of a memory socket. */
export function memoryEnd(socket: Socket, names: Names): SocketEnd {
  const end = createEnd(
    (frame) => socket.send(frame),
    (code, reason) => socket.close(code, reason),
    () => socket.terminate(),
    names,
  );
  socket.start({ frame: end.hearFrame, close: end.hearEnd });
  return end;
}

/** The client's end of a real socket, for what happens in the upgrade or inside of frames. */
export function realEnd(socket: WebSocket, names: Names): SocketEnd {
  const end = createEnd(
    (frame, asText) => socket.send(frame, { binary: !asText }),
    (code, reason) => socket.close(code, reason),
    () => socket.terminate(),
    names,
  );
  socket.on("message", (data, isBinary) => {
    end.hearFrame(isBinary ? (data as Buffer) : data.toString());
  });
  socket.on("close", (code, reason) => end.hearEnd(code, reason.toString()));
  return end;
}

function createEnd(
  send: (frame: string | Uint8Array, asText: boolean) => void,
  close: (code: number, reason: string) => void,
  terminate: () => void,
  names: Names,
) {
  const heard: Heard[] = [];
  let isOver = false;
  return {
    heard,
    hearFrame(frame: string | Uint8Array) {
      heard.push({ frame });
    },
    hearEnd(code: number, reason: string) {
      if (!isOver) heard.push({ code, reason });
    },
    over() {
      isOver = true;
    },
    say(said: Said) {
      if (said.kind === "frame") return send(toSend(said.frame, names), said.asText);
      isOver = true;
      if (said.kind === "close") close(said.code, said.reason);
      else terminate();
    },
  };
}
