/**
 * The network between one page and this server, for those who want to see it fail. A cut page's
 * sockets are destroyed without a goodbye, and until the time is over every new one it opens is
 * destroyed too, as if the cable were out.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/** The cables of all pages. */
export type Network = ReturnType<typeof watchNetwork>;

/**
 * Watches the upgrades of `http`. Call it before the line is attached: listeners run in the order
 * in which they were added, and a refused socket must be gone before the line looks at it.
 *
 * Pages are told apart by the `page` parameter of the address they connect to.
 */
export function watchNetwork(http: Server, now: () => number = Date.now) {
  const sockets = new Map<string, Set<Duplex>>();
  const cutUntil = new Map<string, number>();

  http.prependListener("upgrade", (request: IncomingMessage, socket: Duplex) => {
    const page = pageOf(request.url);
    if (page === undefined) return;
    if ((cutUntil.get(page) ?? 0) > now()) {
      socket.destroy();
      return;
    }
    const mine = sockets.get(page) ?? new Set();
    sockets.set(page, mine.add(socket));
    socket.once("close", () => {
      mine.delete(socket);
      if (mine.size === 0) sockets.delete(page);
    });
  });

  return {
    /** Cuts `page` off for `forMs` and returns the moment it ends. */
    cut(page: string, forMs: number): Date {
      const until = now() + forMs;
      cutUntil.set(page, until);
      setTimeout(() => {
        if ((cutUntil.get(page) ?? 0) <= now()) cutUntil.delete(page);
      }, forMs).unref();
      for (const socket of sockets.get(page) ?? []) socket.destroy();
      return new Date(until);
    },
  };
}

/** The `page` parameter of a socket's address, if it has one that could be ours. */
export function pageOf(url: string | undefined): string | undefined {
  return /[?&]page=([\w-]{1,64})(?:&|$)/.exec(url ?? "")?.[1];
}
