import type { AddressInfo } from "node:net";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { appRouter, createContext } from "./router.js";

const wss = new WebSocketServer({ host: "127.0.0.1", port: Number(process.env.PORT ?? 3000) });
applyWSSHandler({ wss, router: appRouter, createContext, keepAlive: { enabled: true } });
wss.on("listening", () => {
  console.log(`Listening on ws://127.0.0.1:${(wss.address() as AddressInfo).port}`);
});
