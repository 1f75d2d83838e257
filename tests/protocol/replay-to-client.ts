/** Plays the server of a transcript to the real client. */
import { type ClientOptions, connectionOf, createClient, withContract } from "@tautline/client";
import { createManualClock, createMemoryNetwork, until } from "@tautline/testing";
import { expect } from "vitest";
import { app } from "./app.js";
import { createCaller } from "./caller.js";
import { createNames } from "./names.js";
import { replay } from "./replay.js";
import { memoryEnd, type SocketEnd } from "./socket-end.js";
import type { Transcript } from "./transcript.js";

/** Replays one transcript; rejects where the client does something else. */
export async function replayToClient(transcript: Transcript): Promise<void> {
  const { dialect, params, session } = transcript;
  const clock = createManualClock();
  const network = createMemoryNetwork({ clock });
  const sockets: SocketEnd[] = [];
  const names = createNames();
  let token = "t-ana";
  let expected = 1;
  network.listen((socket, { url, protocols }) => {
    expect(url.includes("connectionParams=1"), url).toBe(params);
    expect(protocols).toEqual(dialect === "full" ? ["tautline.1"] : []);
    sockets.push(memoryEnd(socket, names));
  });

  const options: ClientOptions<typeof app> = {
    url: "ws://server.test/line",
    contract: withContract(app),
    dialect: dialect === "full" ? "tautline" : "trpc",
    name: "dashboard/1.4",
    credentials: () => (dialect === "full" || params ? { token } : undefined),
    session,
    deadlineMs: 5_000,
    connect: network.connect,
    clock,
    random: () => 0.5, // half of the window: 125 ms after the first loss
    ...transcript.client,
  };
  const api = createClient(options);
  const caller = createCaller(api, {
    setToken(next) {
      token = next;
    },
  });

  try {
    await replay(transcript, {
      clock,
      plays: "server",
      sockets,
      names,
      async connect() {
        expected++;
        await until(() => sockets.length >= expected, { what: `socket ${expected}` });
      },
      cut: network.cutAll,
      ...caller,
    });
    expect(sockets, "sockets the client dialled").toHaveLength(expected);
  } finally {
    await connectionOf(api).close();
  }
  expect(network.leftovers()).toEqual([]);
  expect(clock.leftovers()).toEqual([]);
}
