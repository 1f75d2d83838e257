/** Three servers for one application: tRPC's own handler, our drop-in for it, and `createServer`. */
import { createServer } from "@tautline/server";
import * as ours from "@tautline/server/trpc";
import type { WSSHandlerOptions } from "@trpc/server/adapters/ws";
import * as stock from "@trpc/server/adapters/ws";
import { type WebSocket, WebSocketServer } from "ws";
import {
  type AppRouter,
  createRouter,
  createStage,
  type Stage,
  type TransformerName,
} from "./app.js";

export type ServerName = "stock" | "drop-in" | "createServer";

/** What `onError` was told. */
export interface Told {
  readonly message: string;
  readonly code: string;
  readonly type: string;
  readonly path: string | undefined;
  readonly input: unknown;
  readonly user: string | null | undefined;
}

/** A server that runs. */
export interface RunningServer {
  readonly url: string;
  readonly stage: Stage;
  readonly told: Told[];
  /** How many clients are connected. */
  readonly clients: number;
  /** What came over the wire, of all clients, frame by frame. Not of `createServer`. */
  readonly frames: (string | Buffer)[];
  /** The server's ends of the sockets. Not of `createServer`. */
  readonly sockets: ReadonlySet<WebSocket>;
  askToReconnect(): void;
  /** Breaks the network under every client, or under one: 0 is the first that came and is still there. */
  cut(which?: number): void;
  close(): Promise<void>;
}

/** How a server is to be. */
export interface ServerWish {
  readonly transformer?: TransformerName;
  /** Of the handlers; `createServer` has no such options. */
  readonly options?: Partial<WSSHandlerOptions<AppRouter>>;
  /** Throws for those who may not come in. */
  readonly admit?: (user: string | null) => unknown;
}

/** Starts a server. */
export async function startServer(name: ServerName, wish: ServerWish = {}): Promise<RunningServer> {
  return name === "createServer"
    ? startTautline(wish)
    : startHandler({ stock, "drop-in": ours }[name], wish);
}

function prepare({ transformer = "none", options = {}, admit }: ServerWish) {
  const stage = createStage();
  const told: Told[] = [];
  return {
    stage,
    told,
    router: createRouter(transformer),
    async context(params: Readonly<Record<string, string | undefined>> | null) {
      const user = params?.user ?? null;
      await admit?.(user);
      return { user, stage };
    },
    onError(report: any) {
      const { error, type, path, input, ctx } = report;
      const { message, code } = error;
      told.push({ message, code, type, path, input, user: ctx?.user });
      return options.onError?.(report);
    },
  };
}

async function startHandler(
  { applyWSSHandler }: Pick<typeof stock, "applyWSSHandler">,
  wish: ServerWish,
): Promise<RunningServer> {
  const { router, stage, told, context, onError } = prepare(wish);
  const frames: (string | Buffer)[] = [];
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  wss.on("connection", (socket) => {
    socket.on("message", (data: Buffer, isBinary) => {
      frames.push(isBinary ? data : data.toString());
    });
  });
  await new Promise((resolve) => wss.once("listening", resolve));
  const handler = applyWSSHandler<AppRouter>({
    createContext: ({ info }) => context(info.connectionParams),
    ...wish.options,
    wss,
    router,
    onError,
  });
  const { port } = wss.address() as { port: number };
  return {
    url: `ws://127.0.0.1:${port}`,
    stage,
    told,
    frames,
    sockets: wss.clients,
    get clients() {
      return wss.clients.size;
    },
    askToReconnect: handler.broadcastReconnectNotification,
    cut(which) {
      const clients = [...wss.clients];
      for (const client of which === undefined ? clients : [clients.at(which)!]) client.terminate();
    },
    async close() {
      for (const client of wss.clients) client.terminate();
      await new Promise((resolve) => wss.close(resolve));
    },
  };
}

async function startTautline(wish: ServerWish): Promise<RunningServer> {
  const { router, stage, told, context, onError } = prepare(wish);
  const quiet = () => {};
  const server = createServer({
    router,
    createContext: ({ request }) => context(request.credentials),
    onError,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const { url } = await server.listen(0);
  return {
    url,
    stage,
    told,
    frames: [],
    sockets: new Set(),
    get clients() {
      return server.connections.size;
    },
    askToReconnect() {
      for (const connection of server.connections) connection.askToReconnect();
    },
    cut(which) {
      const all = [...server.connections];
      for (const connection of which === undefined ? all : [all.at(which)!]) connection.close();
    },
    close: () => server.close(),
  };
}
