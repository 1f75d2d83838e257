/** The page with graphql-ws's client, which comes without types, codecs or a GraphQL parser. */
import { createClient } from "graphql-ws";
import { type Item, reviveItem } from "../../app/item.js";

const client = createClient({ url: "ws://localhost:3000" });
const fields = "id title count open at";

void follow();
const asked = { id: "1", title: "Hello", count: 1, open: true, at: new Date().toISOString() };
const query = `query ($item: ItemInput!) { answer(item: $item) { ${fields} } }`;
for await (const { data } of client.iterate<{ answer: Item }>({
  query,
  variables: { item: asked },
}))
  if (data) show("#answer", reviveItem(data.answer));

async function follow() {
  const events = client.iterate<{ follow: Item }>({
    query: `subscription { follow { ${fields} } }`,
  });
  for await (const { data } of events) if (data) show("#latest", reviveItem(data.follow));
}

function show(place: string, { title, at }: Item) {
  document.querySelector(place)!.textContent = `${title}, ${at.toLocaleString()}`;
}
