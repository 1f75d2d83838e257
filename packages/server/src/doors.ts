/**
 * Doors: the ways a client's socket comes in. Ports of our own, paths of http servers that are others',
 * and what is said to those who are not let in.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "@tautline/contracts/runtime";
import { CloseCode, fullDialectProtocol, type Limits } from "@tautline/contracts/wire";
import {
  attachUpgrade,
  type RefusalStatus,
  refuseUpgrade,
  type UpgradeHandler,
} from "./adapter/http.js";
import { type Listening, listenForUpgrades } from "./adapter/listen.js";
import { decideUpgrade, type Origins } from "./adapter/upgrade.js";
import { createAcceptor } from "./adapter/ws.js";
import type { ConnectionStart } from "./connection/opening.js";
import type { Events } from "./observe/emit.js";
import type { Metrics } from "./observe/metrics.js";

/** What doors need of their server. */
export interface DoorsHost {
  readonly limits: Limits;
  readonly origins: Origins;
  readonly events: Events;
  /** Has its page on ports of our own. */
  readonly metrics: Metrics | undefined;
  /** Whether upgrades are refused: others take them. */
  isDraining(): boolean;
  /** Whether no door is opened any more. */
  isClosed(): boolean;
  /** A client is in. */
  serve(socket: Socket, request: ConnectionStart): void;
  /** One whose socket was accepted only because a close code says more than a refused upgrade. */
  turnAway(socket: Socket, code: number, reason: string): void;
}

/** The doors of one server. */
export class Doors {
  readonly #host: DoorsHost;
  readonly #acceptor: ReturnType<typeof createAcceptor>;
  readonly #attachments = new Set<() => void>();
  readonly #listenings = new Set<Listening>();

  constructor(host: DoorsHost) {
    this.#host = host;
    this.#acceptor = createAcceptor(host.limits);
  }

  /** Serves a path of somebody's http server. Returns what undoes it. */
  attach(server: Server, path: string): () => void {
    this.#assertOpen("attach");
    const undo = attachUpgrade(server, path, this.#upgrade, (request, status) =>
      this.#noteRefusal(request, status, `A client asked to connect elsewhere than at ${path}`),
    );
    this.#attachments.add(undo);
    return () => {
      this.#attachments.delete(undo);
      undo();
    };
  }

  /** Listens on a port of our own. */
  async listen(port: number, host: string) {
    const { limits, metrics, events } = this.#host;
    this.#assertOpen("listen");
    const listening = await listenForUpgrades(port, host, {
      upgrade: this.#upgrade,
      requestTimeoutMs: limits.helloTimeoutMs,
      page: metrics,
      onError: (err) => events["accept.failed"]?.({ err }),
      onBadRequest: (err, remoteAddress) => events["request.unreadable"]?.({ err, remoteAddress }),
    });
    if (this.#host.isClosed()) await listening.stop();
    this.#assertOpen("listen");
    this.#listenings.add(listening);
    return { port: listening.port, url: listening.url };
  }

  /** Lets nobody in any more. Resolves when all sockets that came in on ports of our own are gone. */
  async close() {
    for (const undo of this.#attachments) undo();
    await Promise.all([...this.#listenings].map((listening) => listening.stop()));
  }

  readonly #upgrade: UpgradeHandler = (request, stream, head) => {
    const { origins, isDraining, serve, turnAway } = this.#host;
    const refused = (status: RefusalStatus, reason: string) => {
      this.#noteRefusal(request, status, reason);
      refuseUpgrade(stream, status, reason);
    };
    if (isDraining()) return refused(503, "The server is draining");
    const decision = decideUpgrade(request, { origins });
    if (!decision.accept) return refused(decision.status, decision.reason);
    const { choice, headers, url, expectsParams } = decision;
    const { remoteAddress } = request.socket;
    this.#acceptor.accept(request, stream, head, {
      refused,
      socket: (socket) => {
        if (choice.dialect === "unsupported") {
          const reason = `Cannot speak ${choice.protocol}: use ${fullDialectProtocol}`;
          this.#noteRefusal(request, CloseCode.UnsupportedVersion, reason);
          return turnAway(socket, CloseCode.UnsupportedVersion, reason);
        }
        const { dialect } = choice;
        serve(socket, { dialect, expectsParams, headers, url, remoteAddress });
      },
    });
  };

  #assertOpen(action: string) {
    if (this.#host.isClosed()) throw new Error(`Cannot ${action}: the server is closed`);
  }

  #noteRefusal({ headers, socket }: IncomingMessage, status: number, reason: string) {
    const { remoteAddress } = socket;
    const { origin } = headers;
    const stage = "upgrade";
    this.#host.events["connection.refused"]?.({ stage, status, reason, remoteAddress, origin });
  }
}
