/**
 * A port of our own, for a service that has no http server to share.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { UpgradeHandler } from "./http.js";

/** A port that is listened on. */
export interface Listening {
  readonly port: number;
  readonly url: string;
  /** Accepts nobody any more, and resolves when the last connection is gone. */
  stop(): Promise<void>;
}

/**
 * Listens for upgrades on every path. Other requests are answered with 426.
 *
 * @param onError What goes wrong later: no file descriptors left for one more client, say.
 */
export async function listenForUpgrades(
  port: number,
  host: string,
  upgrade: UpgradeHandler,
  onError: (error: Error) => void,
): Promise<Listening> {
  const server = createServer((_request, response) => {
    response.writeHead(426, { Upgrade: "websocket", "Content-Type": "text/plain" });
    response.end("This port speaks WebSocket.\n");
  });
  server.on("upgrade", upgrade);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  server.on("error", onError); // without a listener it would end the process

  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    port: address.port,
    url: `ws://${shown}:${address.port}`,
    stop() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        // Those that have not asked for anything yet; sockets that were upgraded are not among them.
        server.closeAllConnections();
      });
    },
  };
}
