/** What travels between two memory sockets, and what a WebSocket allows it to be. */
import type { Frame } from "@tautline/contracts/runtime";

/** A closing frame. RFC 6455 §5.5.1. */
export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** One thing on the way from one end to the other. */
export type Item =
  | { readonly kind: "frame"; readonly frame: Frame; readonly bytes: number }
  | { readonly kind: "close"; readonly closing: Closing }
  /** The other end is gone without a closing handshake. */
  | { readonly kind: "reset" }
  /** A client asks to be accepted. */
  | { readonly kind: "dial" }
  /** The answer to it; read on arrival, so the server may decide after it wrote frames. */
  | { readonly kind: "opening"; readonly answer: Answer };

/** What a client that dialled is told. */
export interface Answer {
  /** The subprotocol, empty for none. Undefined when the client is refused. */
  protocol: string | undefined;
}

/** The item that carries `frame`. Bytes are copied, as a network copies them. */
export function toItem(frame: Frame): Extract<Item, { kind: "frame" }> {
  if (typeof frame === "string") return { kind: "frame", frame, bytes: utf8Bytes(frame) };
  return { kind: "frame", frame: new Uint8Array(frame), bytes: frame.byteLength };
}

/**
 * The closing frame that can be sent for these arguments. A code that must not travel
 * (RFC 6455 §7.4.1 and §7.4.2) leaves an empty closing frame, told to the peer as 1005; a
 * reason is cut to what fits.
 */
export function toClosing(code: number, reason: string): Closing {
  if (!mayTravel(code)) return { code: NO_STATUS, reason: "" };
  // 123, not 125: the close frame spends two bytes on its code. RFC 6455 §5.5.1.
  let kept = reason;
  while (utf8Bytes(kept) > 123) kept = [...kept].slice(0, -1).join("");
  return { code, reason: kept };
}

/** No code was in the closing frame. RFC 6455 §7.4.1. */
export const NO_STATUS = 1005;
/** The connection ended without a closing frame. RFC 6455 §7.4.1. */
export const ABNORMAL = 1006;

function mayTravel(code: number) {
  if (!Number.isInteger(code) || code < 1000 || code > 4999) return false;
  // 1000–2999 belong to the protocol, which has given out these; 1004 to 1006 and 1015 are
  // names for what never is in a frame.
  if (code < 3000) return code <= 1014 && (code < 1004 || code > 1006);
  return true;
}

function utf8Bytes(text: string) {
  return encoder.encode(text).byteLength;
}

declare const TextEncoder: new () => { encode(text: string): Uint8Array };

const encoder = new TextEncoder();
