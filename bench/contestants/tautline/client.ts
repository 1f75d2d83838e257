/** Tautline's client with the contract's type alone, and its defaults. */
import { type Connection, connectionOf, createClient } from "@tautline/client";
import { type Connect, fail } from "../contestant.js";
import type { app } from "./contract.js";

export const connect: Connect = async (url) => {
  const api = createClient<typeof app>({ url });
  const connection = connectionOf(api);
  await opened(connection);
  return {
    answer: (item) => api.answer.query(item),
    follow: (onData) => void api.follow.subscribe(undefined, { onData, onError: fail }),
    flood: (onData) => void api.flood.subscribe(undefined, { onData, onError: fail }),
    close: () => connection.close(),
  };
};

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
