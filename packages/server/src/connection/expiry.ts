/**
 * Expiry: credentials that hold for a while only. When they have expired the client is asked for new
 * ones on the live connection; calls go on meanwhile. Who gives none in time has to come back with
 * some. PROTOCOL.md §9.5
 */
import type { Clock, Timer } from "@tautline/contracts/runtime";
import type { Credentials } from "@tautline/contracts/wire";
import type { OpeningRequest } from "../context.js";
import { TRPCError } from "../trpc.js";
import type { Admission } from "./opening.js";

/** The connection whose credentials expire. */
export interface ExpiringConnection {
  admit(request: OpeningRequest, client: string | undefined): Promise<Admission>;
  /** Asks the client for new credentials, or to come back with them. */
  askForCredentials(withinMs: number): void;
  /** It gave them. Returns for how long they hold, in milliseconds, if they expire. */
  renewed(admission: Admission): number | undefined;
  refuse(error: TRPCError): void;
  /** It could not be found out who the client is. */
  couldNotRenew(err: unknown): void;
  /** It gave none in time: it ends. */
  expired(): void;
}

/** What expiring needs of its server. */
export interface ExpiryHost {
  readonly clock: Clock;
  /** Time a client has for new credentials, in milliseconds. */
  readonly reauthGraceMs: number;
}

/** Watches the credentials of one connection. Only where they expire: it keeps the request. */
export class Expiry {
  readonly #connection: ExpiringConnection;
  readonly #request: OpeningRequest;
  readonly #host: ExpiryHost;
  #timer: Timer;
  /** While credentials are being checked. */
  #renewal: AbortController | undefined;
  /** What came meanwhile. Who was asked twice must not be let in by the older ones. */
  #next: { readonly credentials: Credentials | null } | undefined;

  constructor(
    connection: ExpiringConnection,
    request: OpeningRequest,
    expiresInMs: number,
    host: ExpiryHost,
  ) {
    this.#connection = connection;
    this.#request = request;
    this.#host = host;
    this.#timer = this.#ask(expiresInMs);
  }

  /**
   * The client gave new credentials, asked or not. One check at a time, and of what comes meanwhile
   * only the last: a flood must not become one of whoever checks.
   */
  async renew(credentials: Credentials | null) {
    this.#next = { credentials };
    if (this.#renewal !== undefined) return this.#renewal.abort();
    while (this.#next !== undefined) {
      const next: Credentials | null = this.#next.credentials;
      this.#next = undefined;
      await this.#check(next);
    }
  }

  async #check(credentials: Credentials | null) {
    const renewal = new AbortController();
    this.#renewal = renewal;
    try {
      const request = { ...this.#request, credentials, signal: renewal.signal };
      const admission = await this.#connection.admit(request, undefined);
      if (renewal.signal.aborted) return;
      const expiresInMs = this.#connection.renewed(admission);
      // Taken, by who allows for clocks that differ, and yet expired: asked for others at once, the
      // client would give the same, again and again. It has the time that is left.
      if (renewal.signal.aborted || expiresInMs === 0) return;
      this.#timer.cancel();
      if (expiresInMs !== undefined) this.#timer = this.#ask(expiresInMs);
    } catch (cause) {
      if (renewal.signal.aborted) return;
      if (cause instanceof TRPCError) return this.#connection.refuse(cause);
      // It may try again until its time is over.
      this.#connection.couldNotRenew(cause);
    } finally {
      this.#renewal = undefined;
    }
  }

  /** The connection has ended. */
  stop() {
    this.#timer.cancel();
    this.#next = undefined;
    this.#renewal?.abort();
  }

  #ask(expiresInMs: number): Timer {
    const { clock, reauthGraceMs } = this.#host;
    return clock.after(expiresInMs, () => {
      // First: asking may end the connection.
      this.#timer = clock.after(reauthGraceMs, () => this.#connection.expired());
      this.#connection.askForCredentials(reauthGraceMs);
    });
  }
}
