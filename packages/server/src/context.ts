/**
 * Who is there: principals, connections, and the context that handlers get.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { Credentials, Dialect } from "@tautline/contracts/wire";
import type { AnyTRPCRouter } from "./trpc.js";

/** Whoever `authenticate` found. Add what your handlers need to know. */
export interface Principal {
  /** The same for all connections of one user: limits are counted by it. */
  readonly userId: string;
  /**
   * When the credentials expire. The client is asked for new ones then, on the live connection, and
   * goes on meanwhile; when none come within 25 s the connection is closed. PROTOCOL.md §9.5
   *
   * @default never
   */
  readonly expiresAt?: Date | undefined;
}

/** What a connection was asked for with. Hooks are handed it when one opens, and it is not kept. */
export interface OpeningRequest {
  /** What the client's `credentials` option gave; null without. PROTOCOL.md §3 */
  readonly credentials: Credentials | null;
  /** The request's headers; cookies and authorization only with an `origins` list. */
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  readonly remoteAddress: string | undefined;
  /** Aborts when the client is gone before it was let in. */
  readonly signal: AbortSignal;
}

/** An open connection, as hooks and `createContext` see it. */
export interface Connection<P = Principal | null> {
  /** Random, and never used again. */
  readonly id: string;
  readonly principal: P;
  readonly remoteAddress: string | undefined;
  readonly dialect: Dialect;
  /** How the client names itself, if it does. */
  readonly client: string | undefined;
  /**
   * Ends it.
   *
   * @param code 4000–4499: the client comes back; 4500–4999: it stays away. `@default 4000`
   * @throws RangeError when the code is any other.
   */
  close(code?: number, reason?: string): void;
  /** Asks the client to open a new connection, move to it and close this one. */
  askToReconnect(): void;
}

/** Makes the context of a connection's calls. Runs when it opens, and again for renewed credentials. */
export type CreateContext<Ctx, P> = (opening: {
  readonly principal: P;
  readonly connection: Connection<P>;
  /** What it was asked for with. Take from it what handlers need: nothing else keeps it. */
  readonly request: OpeningRequest;
}) => Ctx | Promise<Ctx>;

/** A router whose context may be `Ctx`. */
export type RouterAccepting<Ctx> = AnyTRPCRouter & {
  // A property, not a method: methods would be compared both ways round.
  readonly createCaller: (ctx: Ctx) => unknown;
};
