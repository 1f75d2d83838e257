/** A stretch of network that can be cut: TCP to a port of this machine, by another one. */
import { once } from "node:events";
import { connect, createServer } from "node:net";

/**
 * Forwards to `port` until it is closed.
 *
 * @param {number} port
 */
export async function startCuttable(port) {
  /** @type {Set<import("node:net").Socket>} */
  const sockets = new Set();
  let isCut = false;
  let target = port;
  const server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket);
      socket.on("error", () => {}); // `close` follows, and takes the other end along
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    port: address.port,
    /** Breaks what is open, and whatever is opened until `mend`. */
    cut() {
      isCut = true;
      drop();
    },
    /** @param {number} [toPort] Where it leads to from now on: another server may stand there. */
    mend(toPort = target) {
      isCut = false;
      target = toPort;
    },
    async close() {
      server.close();
      drop();
      await once(server, "close");
    },
  };
}
