import { connectionOf, createClient } from "@tautline/client";
import type { visits } from "./contract.js";

const url = process.env.URL ?? "http://127.0.0.1:3000";
const api = createClient<typeof visits>({ url: `${url}/line` });

for await (const count of api.count.subscribe()) {
  console.log(`${count} visits`);
  if (count === 2) break;
  await fetch(url);
}
await connectionOf(api).close();
