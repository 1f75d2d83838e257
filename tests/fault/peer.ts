/** Peer: one client under fault, and how it is set up. */
import { type Client, connectionOf, createClient, withContract } from "@tautline/client";
import type { Credentials } from "@tautline/contracts/wire";
import type { Notebook } from "./notebook.js";
import type { Random } from "./random.js";
import { service } from "./service.js";
import type { watchSockets } from "./watched-socket.js";

/** How clients are set up. */
export interface ClientSetup {
  readonly name: string;
  readonly folder: string;
  readonly seed: number;
  readonly count: number;
  /** Each client takes the next one. */
  readonly urls: readonly string[];
  readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly reconnect?: { readonly minMs: number; readonly maxMs: number };
  readonly connectTimeoutMs?: number;
  /** Of calls. @default 30_000 */
  readonly deadlineMs?: number;
  /** How long a token is good for: then clients say who they are, `u1`, `u2`, … */
  readonly tokenMs?: number;
}

/** One client. */
export interface Peer {
  readonly name: string;
  readonly user: string;
  readonly api: Client<typeof service>;
  readonly deadlineMs: number;
  /** How many there were so far; for their names. */
  calls: number;
  follows: number;
  /** Connections lost since somebody began to count. */
  losses: number;
}

/** Makes clients. */
export function peerMaker(
  book: Notebook,
  setup: ClientSetup,
  sockets: ReturnType<typeof watchSockets>,
  random: Random,
) {
  const { heartbeat, reconnect, connectTimeoutMs, deadlineMs = 30_000, tokenMs } = setup;
  let credentialsAsked = 0;

  function create(name: string, url: string, user = name): Peer {
    const api = createClient<typeof service>({
      url,
      name,
      contract: withContract(service), // so that it knows what may be repeated
      connect: (url, protocols) => sockets.open(name, url, protocols),
      random: random.next,
      deadlineMs,
      credentials(): Credentials {
        credentialsAsked++;
        if (tokenMs === undefined) return { user };
        return { token: `${user} until ${Date.now() + tokenMs}` };
      },
      ...(heartbeat && { heartbeat }),
      ...(reconnect && { reconnect }),
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    });
    return { name, user, api, deadlineMs, calls: 0, follows: 0, losses: 0 };
  }

  return {
    /** How often a client was asked who it is. */
    get credentialsAsked() {
      return credentialsAsked;
    },
    /** Makes one that connects when it is used. */
    create,
    /** Makes one that connects now, and notes where its line stands. */
    connect(index: number): Peer {
      const url = setup.urls[index % setup.urls.length]!;
      const peer = create(`${setup.name}-${index}`, url, `u${index}`);
      const { name, api } = peer;
      let wasOpen = false;
      connectionOf(api).subscribe((state) => {
        const isOpen = state.name === "open";
        if (isOpen !== wasOpen) book.open += isOpen ? 1 : -1;
        if (wasOpen && !isOpen) peer.losses++;
        wasOpen = isOpen;
        const code = "code" in state ? { code: state.code } : {};
        book.history.note({ kind: "line", client: name, state: state.name, ...code });
        book.changed();
      });
      connectionOf(api).connect();
      return peer;
    },
  };
}
