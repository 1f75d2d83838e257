/** Socket.IO's client. `forceNew`: it would otherwise put all lines onto one connection. */
import { io, type Socket } from "socket.io-client";
import { reviveItem } from "../../app/item.js";
import type { Connect } from "../contestant.js";
import type { FromClient, FromServer } from "./server.js";

export const connect: Connect = async (url) => {
  const socket: Socket<FromServer, FromClient> = io(url, {
    transports: ["websocket"],
    forceNew: true,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return {
    answer: async (item) => reviveItem(await socket.emitWithAck("answer", item)),
    follow(onItem) {
      socket.on("item", (item) => onItem(reviveItem(item)));
      socket.emit("follow");
    },
    flood(onChunk) {
      socket.on("chunk", onChunk);
      socket.emit("flood");
    },
    close: async () => void socket.disconnect(),
  };
};
