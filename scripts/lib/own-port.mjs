/**
 * Loaded into a process before its program (`--import`): whatever port the program asks for, it gets
 * a free one, and whoever started it is told which. So a snippet runs as it stands on its page, also
 * where its port is taken. 127.0.0.1 only: nobody else should hear of it.
 */
import { Server } from "node:net";

const { listen } = Server.prototype;

/** @this {Server} @param {readonly any[]} args */
function listenElsewhere(...args) {
  const [first, ...rest] = args;
  const asked = Number(typeof first === "object" ? first.port : first);
  const whenListening = rest.find((arg) => typeof arg === "function");
  this.once("listening", () => {
    const address = this.address();
    if (address && typeof address === "object") process.send?.({ asked, port: address.port });
  });
  return listen.call(this, { port: 0, host: "127.0.0.1" }, whenListening);
}

Server.prototype.listen = /** @type {any} */ (listenElsewhere);
process.channel?.unref(); // it should end when its program does
