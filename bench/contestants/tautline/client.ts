/** Tautline's client with the contract's type alone, and its defaults. */
import { type ClientOptions, type Connection, connectionOf, createClient } from "@tautline/client";
import { type Connect, fail, type Line } from "../contestant.js";
import type { app } from "./contract.js";

export const connect: Connect = (url) => connectTautline(url);

/** @param less What a variant goes without. */
export async function connectTautline(
  url: string,
  less: Pick<ClientOptions, "session"> = {},
): Promise<Line> {
  const api = createClient<typeof app>({ ...less, url });
  const connection = connectionOf(api);
  await opened(connection);
  return {
    answer: (item) => api.answer.query(item),
    change: (item) => api.change.mutate(item),
    follow: (onData) => void api.follow.subscribe(undefined, { onData, onError: fail }),
    flood: (onData) => void api.flood.subscribe(undefined, { onData, onError: fail }),
    close: () => connection.close(),
  };
}

function opened(connection: Connection) {
  return new Promise<void>((resolve, reject) => {
    const stop = connection.subscribe(({ name }) => {
      if (name === "connecting") return;
      stop();
      if (name === "open") resolve();
      else reject(new Error(`The connection is ${name}`));
    });
    connection.connect();
  });
}
