/**
 * One server process: the page, the socket and the data behind one port. It is started by the
 * supervisor in main.ts and may be killed at any moment; what it knows is in the database.
 */
import { mkdirSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer, implement, type OpeningRequest } from "@tautline/server";
import { incidents } from "../contract.js";
import { Name } from "../domain.js";
import type { Ctx, Room, Visitor } from "./context.js";
import { createFeed } from "./feed.js";
import { parseFlags } from "./flags.js";
import { incident } from "./handlers/incident.js";
import { line } from "./handlers/line.js";
import { metrics } from "./handlers/metrics.js";
import { proof } from "./handlers/proof.js";
import { pageOf, watchNetwork } from "./network.js";
import { createProofRecord } from "./proof-record.js";
import { seed } from "./seed.js";
import { staticFiles } from "./static-files.js";
import { createStore } from "./store.js";

/** What this process tells the one that started it. */
export type ToSupervisor = { type: "ready"; port: number } | { type: "restart" };

const { data, host, port } = parseFlags(process.argv.slice(2));

mkdirSync(data, { recursive: true });
const store = createStore(join(data, "incidents.db"));
if (store.list(1).length === 0) seed(store, new Date());

const pageFolder = fileURLToPath(new URL("../page", import.meta.url));
const http = createHttpServer(staticFiles(pageFolder));
const room: Room = {
  store,
  feed: createFeed(),
  network: watchNetwork(http),
  proof: createProofRecord(join(data, "proof.db")),
  startedAt: new Date(),
  restart: process.send && (() => tell({ type: "restart" })),
};

const server = createServer({
  router: implement(incidents).context<Ctx>().router({ incident, metrics, line, proof }),
  authenticate,
  createContext: ({ principal }): Ctx => ({ ...room, ...principal }),
  origins: "same",
});
server.attach(http, { path: "/line" });

http.listen(port, host, () => tell({ type: "ready", port: (http.address() as AddressInfo).port }));
http.on("error", (error: NodeJS.ErrnoException) => {
  console.error(`Cannot listen on ${host}:${port}: ${error.message}`);
  if (error.code === "EADDRINUSE") {
    console.error("Perhaps it is open already. Another port: npm run demo -- --port 4401");
  }
  process.exit(1);
});

/** Lets everybody in who has a name. What is no name is refused for good. */
function authenticate({ credentials, url }: OpeningRequest): Visitor | null {
  const name = Name.safeParse(credentials?.name);
  return name.success ? { userId: name.data, page: pageOf(url.search) ?? "" } : null;
}

let leaving = false;
async function leave() {
  if (leaving) return; // a terminal's Ctrl+C arrives here and, through the supervisor, again
  leaving = true;
  http.close();
  await server.close();
  store.close();
  room.proof.close();
  process.exit(0);
}
process.once("SIGTERM", leave);
process.once("SIGINT", leave);
// The supervisor is gone, however it went: nobody would ever stop this process.
process.once("disconnect", leave);

function tell(message: ToSupervisor) {
  process.send?.(message);
}
