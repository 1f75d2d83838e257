/**
 * The network of a service in a test: the memory network, and beyond its commands the one that users
 * meet most. It goes away, for all or for one of them, and some time later it is back.
 */
import { type Connection, connectionOf } from "@tautline/client";
import type { ConnectSocket, Socket } from "@tautline/contracts/runtime";
import {
  type AcceptMemorySocket,
  createMemoryNetwork,
  type MemoryNetwork,
  type MemoryNetworkOptions,
} from "../memory/network.js";
import type { AppTime } from "./time.js";

/** How the network goes away. */
export interface CutOptions {
  /**
   * How long nobody gets through, in milliseconds of the clock. With 0 clients may come back at once.
   *
   * @default 0
   */
  readonly forMs?: number | undefined;
  /**
   * The only client it goes away for: `api`, or what `connect` gave.
   *
   * @default all of them
   */
  readonly client?: object | undefined;
}

/** The network of a service, to be broken. */
export interface AppNetwork extends Omit<MemoryNetwork, "listen"> {
  /**
   * Breaks the sockets at once, lets nobody through for a time, and resolves when the clients that
   * were cut off are connected again, or closed. The clock is moved meanwhile. What is to happen
   * while the network is away is done before the promise is awaited.
   *
   * @throws Error when a client is not back after another minute: the network still refuses, say.
   * @example
   * const cut = app.network.cut({ forMs: 5_000 });
   * const placed = app.api.orders.place.mutate(draft); // waits, and is sent once
   * await cut;
   * await placed;
   */
  cut(options?: CutOptions): Promise<void>;
}

/** The network, with what only the service itself may do with it. */
export interface OwnNetwork {
  readonly network: AppNetwork;
  /** Makes what a client connects with, which must be told who it is for. */
  connectFor(headers: Record<string, string>): OwnConnect;
  /** Who takes the sockets from now on; until then, nobody. */
  serve(accept: AcceptMemorySocket): void;
  /** As `cut` of the network's own, and does something when it goes away and before it is back. */
  cut(options: CutOptions, and?: CutHooks): Promise<void>;
  /** Ends everything that a test has done to it. */
  heal(): void;
}

/** What is done beside a cut. */
export interface CutHooks {
  began(): Promise<void>;
  ending(): void;
}

/** Connects one client. */
export interface OwnConnect {
  readonly connect: ConnectSocket;
  /** Says which client it is. */
  isOf(client: object): void;
}

/** Creates a network on which nobody is. */
export function createAppNetwork(time: AppTime, options: MemoryNetworkOptions): OwnNetwork {
  const memory = createMemoryNetwork({ ...options, clock: time.clock });
  const clients = new Map<object, Connection>();
  /** Whose sockets these are, by the server's end. */
  const owners = new WeakMap<Socket, { client: object | undefined }>();
  /** For whom the network is away now; `undefined` for everybody. Once for each cut. */
  let away: (object | undefined)[] = [];
  let accept: AcceptMemorySocket = (socket) => socket.terminate();

  memory.listen((socket, request) => {
    const owner = owners.get(socket)?.client;
    if (away.some((client) => client === undefined || client === owner)) return socket.terminate();
    return accept(socket, request);
  });

  function cutSockets(client: object | undefined) {
    for (const { server, network } of memory.sockets) {
      if (client === undefined || owners.get(server)?.client === client) network.cut();
    }
  }

  async function cut({ forMs = 0, client }: CutOptions, and?: CutHooks) {
    if (client !== undefined && !clients.has(client)) {
      throw new TypeError("Cannot cut a client off: it is none of this service");
    }
    const cutOff = [...clients].flatMap(([each, connection]) =>
      (client === undefined || client === each) && isWanted(connection) ? [connection] : [],
    );
    const before = away;
    away = [...before, client];
    cutSockets(client);
    try {
      await and?.began();
      await time.advance(forMs);
      and?.ending();
    } finally {
      const ended = away.indexOf(client);
      away = away.filter((_, index) => index !== ended);
    }
    await time.until(() => cutOff.every((each) => each.state.name === "open" || !isWanted(each)), {
      what: "the clients to be back",
    });
  }

  return {
    network: Object.assign(memory, { cut: (given: CutOptions = {}) => cut(given) }),
    connectFor(headers) {
      const owner: { client: object | undefined } = { client: undefined };
      const dial = memory.connectWith(headers);
      return {
        connect(url, protocols) {
          const socket = dial(url, protocols);
          owners.set(memory.sockets.at(-1)!.server, owner);
          return socket;
        },
        isOf(client) {
          owner.client = client;
          clients.set(client, connectionOf(client));
        },
      };
    },
    serve(given) {
      accept = given;
    },
    cut,
    heal() {
      memory.refuse(false);
      memory.hang(false);
      for (const { network } of memory.sockets) {
        network.heal();
        network.resume();
      }
    },
  };
}

/** Whether it has a connection, or wants one. */
function isWanted({ state: { name } }: Connection) {
  return name !== "idle" && name !== "closed";
}
