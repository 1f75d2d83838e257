/**
 * graphql-ws's client. `lazy: false`: by default it closes the connection after each call that
 * leaves no other in flight. The application makes Dates of ISO text, as there are no codecs.
 */
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import type { Chunk } from "../../app/flood.js";
import { type Item, reviveItem } from "../../app/item.js";
import { type Connect, fail } from "../contestant.js";

const answerQuery =
  "query Answer($item: ItemInput!) { answer(item: $item) { id title count open at } }";
const followQuery = "subscription Follow { follow { id title count open at } }";
const floodQuery = "subscription Flood { flood { n text } }";

export const connect: Connect = async (url) => {
  const client = await opened(url);

  function subscribe<Data>(query: string, onData: (data: Data) => void) {
    const next = ({ data, errors }: { data?: Data | null; errors?: readonly Error[] }) =>
      data ? onData(data) : fail(errors);
    client.subscribe<Data>({ query }, { next, error: fail, complete() {} });
  }

  return {
    answer: (item) =>
      new Promise((resolve, reject) => {
        client.subscribe<{ answer: Item }>(
          { query: answerQuery, variables: { item: item as never } },
          {
            next: ({ data, errors }) => (data ? resolve(reviveItem(data.answer)) : reject(errors)),
            error: reject,
            complete() {},
          },
        );
      }),
    follow: (onItem) =>
      subscribe<{ follow: Item }>(followQuery, ({ follow }) => onItem(reviveItem(follow))),
    flood: (onChunk) => subscribe<{ flood: Chunk }>(floodQuery, ({ flood }) => onChunk(flood)),
    async close() {
      const closed = new Promise((resolve) => client.on("closed", resolve));
      await client.dispose();
      await closed;
    },
  };
};

function opened(url: string) {
  return new Promise<ReturnType<typeof createClient>>((resolve) => {
    const connected = () => resolve(client);
    const options = { url, webSocketImpl: WebSocket, lazy: false, retryAttempts: 0 };
    const client = createClient({ ...options, on: { connected } });
  });
}
