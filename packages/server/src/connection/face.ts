/**
 * Face: a connection as an application sees it, which must not depend on how it is served.
 */
import { CloseCode, type Dialect } from "@tautline/contracts/wire";
import type { Connection, Principal } from "../context.js";

/** What a face asks of who serves the connection. */
export interface Faced {
  readonly dialect: Dialect;
  readonly remoteAddress: string | undefined;
  end(code: number, reason: string): void;
  askToReconnect(): void;
}

/** An open connection. A class: there may be ten thousand. */
export class ConnectionFace<P extends Principal | null> implements Connection<P> {
  /** Replaced when the client gives new credentials. */
  principal: P;
  readonly dialect: Dialect;
  readonly client: string | undefined;
  readonly remoteAddress: string | undefined;
  readonly #served: Faced;
  #id: string | undefined;

  /** @param id Of the connection, when new credentials make another face of it. */
  constructor(served: Faced, principal: P, client: string | undefined, id?: string) {
    this.#served = served;
    this.#id = id;
    this.principal = principal;
    this.client = client;
    this.dialect = served.dialect;
    this.remoteAddress = served.remoteAddress;
  }

  /** Made when first read: most are never looked at. */
  get id(): string {
    this.#id ??= crypto.randomUUID();
    return this.#id;
  }

  close(code: number = CloseCode.Draining, reason = "") {
    assertCloseCode(code);
    this.#served.end(code, reason);
  }

  askToReconnect() {
    this.#served.askToReconnect();
  }
}

function assertCloseCode(code: number) {
  if (Number.isInteger(code) && code >= 4_000 && code <= 4_999) return;
  throw new RangeError(`Cannot close a connection with the code ${code}: use 4000 to 4999`);
}
