import { connectionOf, createClient } from "@tautline/client";
import type { orders } from "./contract.js";

const url = process.env.URL ?? "http://127.0.0.1:3000";

console.log(await (await fetch(`${url}/`)).text());
console.log(await (await fetch(`${url}/trpc/list`)).text());
await fetch(`${url}/webhook/o1/paid`, { method: "POST" });

const api = createClient<typeof orders>({ url: `${url}/line` });
console.log((await api.list.query()).map(({ paid }) => paid));
await connectionOf(api).close();
