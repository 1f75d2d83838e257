import { connectionOf, createClient } from "@tautline/client";
import type { echo } from "./contract.js";

const url = process.env.URL ?? "ws://127.0.0.1:3000";
const api = createClient<typeof echo>({ url, name: "echo example" });

for await (const line of api.greeting.subscribe()) console.log(line);

const { text, at } = await api.echo.query("Is this thing on?");
console.log(`${text} (${at instanceof Date ? "a Date came back as a Date" : "no Date"})`);

await connectionOf(api).close();
