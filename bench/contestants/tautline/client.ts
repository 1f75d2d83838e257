/** Tautline's client with the contract's type alone, and its defaults. */
import { type Connection, connectionOf, createClient } from "@tautline/client";
import { type Connect, fail } from "../contestant.js";
import type { app } from "./contract.js";

export const connect: Connect = async (url) => {
  const api = createClient<typeof app>({ url });
  const connection = connectionOf(api);
  await opened(connection);
  let closing = false;
  // Closing ends what is still subscribed with CLOSED, and says so.
  const onError = (error: unknown) => closing || fail(error);
  return {
    answer: (item) => api.answer.query(item),
    follow: (onData) => void api.follow.subscribe(undefined, { onData, onError }),
    flood: (onData) => void api.flood.subscribe(undefined, { onData, onError }),
    close() {
      closing = true;
      return connection.close();
    },
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
