import { EventEmitter, on } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, implement } from "@tautline/server";
import express from "express";
import { visits } from "./contract.js";

let count = 0;
const visited = new EventEmitter();

const app = express();
app.get("/", (_request, response) => {
  visited.emit("visit", ++count);
  response.send(`You are visitor number ${count}`);
});

const router = implement(visits).router({
  async *count({ signal }) {
    const changes = on(visited, "visit", { signal });
    yield count;
    for await (const [next] of changes) yield next;
  },
});

// Express answers requests, Tautline the upgrades on its path: one port for both.
const http = createHttpServer(app);
createServer({ router }).attach(http, { path: "/line" });
http.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
