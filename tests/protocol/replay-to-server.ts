/** Plays the client of a transcript to the real server. */
import { createManualClock, createMemorySocketPair, settled } from "@tautline/testing";
import { expect } from "vitest";
import { WebSocket } from "ws";
import { startApp } from "./app.js";
import { createNames } from "./names.js";
import { replay } from "./replay.js";
import { memoryEnd, realEnd, type SocketEnd } from "./socket-end.js";
import type { Transcript } from "./transcript.js";

/** Replays one transcript; rejects where the server does something else. */
export async function replayToServer(transcript: Transcript): Promise<void> {
  const { dialect, params, offers } = transcript;
  const clock = createManualClock();
  const service = startApp({ ...transcript, clock });
  const { sights, act } = service;
  const sockets: SocketEnd[] = [];
  const names = createNames();
  const cuts: (() => void)[] = [];
  let seen = 0;

  function connectInMemory() {
    const { client, server: accepted, network } = createMemorySocketPair();
    sockets.push(memoryEnd(client, names));
    cuts.push(network.cut);
    service.server.serve(accepted, { dialect, expectsParams: params });
  }

  // What is decided in the upgrade, or inside of a frame, needs a real one.
  async function dial(protocols: readonly string[]) {
    const { url } = await service.server.listen(0);
    const socket = new WebSocket(url, [...protocols]);
    sockets.push(realEnd(socket, names));
    cuts.push(() => socket.terminate());
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  }

  async function connect() {
    if (offers === undefined) connectInMemory();
    else await dial(offers);
  }

  try {
    await connect();
    await replay(transcript, {
      clock,
      plays: "client",
      sockets,
      names,
      connect,
      act,
      cut() {
        for (const cut of cuts) cut();
      },
      isLook: (words) => words.startsWith("sees "),
      async look(words) {
        await settled();
        const at = sights.indexOf(words.slice("sees ".length), seen);
        expect(at, `${words}: there is ${JSON.stringify(sights.slice(seen))}`).not.toBe(-1);
        seen = at + 1;
      },
    });
  } finally {
    act("finishes");
    await service.close();
  }
  expect(service.server.connections.size).toBe(0);
  expect(clock.leftovers()).toEqual([]);
}
