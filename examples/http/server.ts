import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, implement } from "@tautline/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { orders } from "./contract.js";

const all = [{ id: "o1", paid: false, at: new Date("2026-11-22T08:00:00Z") }];

const router = implement(orders).router({
  list: () => all,
  pay({ input, fail }) {
    const order = all.find(({ id }) => id === input.id);
    if (order === undefined) throw fail("NO_SUCH_ORDER", { id: input.id });
    order.paid = true;
    return order;
  },
});

const trpc = createHTTPHandler({ router, basePath: "/trpc/", createContext: () => ({}) });
const caller = router.createCaller({});

const http = createHttpServer(async (request, response) => {
  // curl and other services: tRPC's own HTTP adapter.
  if (request.url?.startsWith("/trpc/")) return trpc(request, response);
  // A webhook, and a page rendered on the server: a caller. No socket is opened.
  if (request.url === "/webhook/o1/paid") await caller.pay({ id: "o1" });
  const rows = (await caller.list()).map(({ id, paid }) => `<li>${id}: ${paid ? "paid" : "open"}`);
  response.setHeader("Content-Type", "text/html").end(`<ul>${rows.join("")}</ul>`);
});
// Browsers: the same router over one socket.
createServer({ router, createContext: () => ({}) }).attach(http, { path: "/line" });
http.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => {
  console.log(`Listening on http://127.0.0.1:${(http.address() as AddressInfo).port}`);
});
