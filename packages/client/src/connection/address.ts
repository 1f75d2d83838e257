/** Where to connect and as whom: both may be asked for anew each time. */
import type { Credentials } from "@tautline/contracts/wire";

/** A value, or what gives it, now or later. */
export type Given<T> = T | (() => T | Promise<T>);

/** What is asked for before each connection. */
export interface AddressOptions {
  /**
   * Where the server listens: `ws:`, `wss:`, or `http:` and `https:`, which become these. In
   * browsers it may be relative to the page. A function is asked before each connection.
   */
  readonly url: Given<string>;
  /**
   * Who the client is. A function is asked before each connection, and on the live one when what it
   * gave has expired, so that a new token is found. What it throws before a connection counts as a lost
   * one: it is asked again after a delay.
   *
   * @default none
   */
  readonly credentials?: Given<Credentials | null | undefined>;
}

/** What was given. */
export type Address = readonly [url: string, credentials: Credentials | null | undefined];

/** Asks for both. */
export async function askAddress({ url, credentials }: AddressOptions): Promise<Address> {
  return Promise.all([get(url), get(credentials)]);
}

function get<T>(given: Given<T>): T | Promise<T> {
  return typeof given === "function" ? (given as () => T | Promise<T>)() : given;
}

/**
 * The address to dial.
 *
 * @param asksParams Whether `connectionParams` will be sent. PROTOCOL.md §3.3
 * @throws TypeError when it is no URL.
 */
export function toSocketUrl(url: string, asksParams: boolean): string {
  const address = new URL(url, globalThis.location?.href);
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = ""; // browsers refuse it. https://websockets.spec.whatwg.org/#dom-websocket-websocket
  if (asksParams) address.searchParams.set("connectionParams", "1");
  return address.href;
}
