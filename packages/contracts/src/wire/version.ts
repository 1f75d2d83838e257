/** Versions of the wire. PROTOCOL.md §2. */

/** The version this code speaks. */
export const protocolVersion = 1;

/** The subprotocol that asks for the full dialect, RFC 6455 §1.9. The number is the version. */
export const fullDialectProtocol = `tautline.${protocolVersion}`;

/** The two dialects: tRPC's own wire, and the same messages plus Tautline's. */
export type Dialect = "base" | "full";

/** What a server makes of the subprotocols a client offers. */
export type DialectChoice =
  | { readonly dialect: Dialect; readonly protocol: string }
  /** Only versions we do not speak were offered: accept, so that a close code can say so. */
  | { readonly dialect: "unsupported"; readonly protocol: string };

/**
 * Chooses the dialect for a connection. A client that offers nothing of ours gets the base
 * dialect, whatever else it offers: that is how a stock tRPC client arrives.
 */
export function chooseDialect(offered: Iterable<string>): DialectChoice {
  let unknown: string | undefined;
  for (const protocol of offered) {
    // The constant: each client's own word for it would be kept as long as its connection.
    if (protocol === fullDialectProtocol) return { dialect: "full", protocol: fullDialectProtocol };
    if (/^tautline\.\d+$/.test(protocol)) unknown ??= protocol;
  }
  if (unknown !== undefined) return { dialect: "unsupported", protocol: unknown };
  return { dialect: "base", protocol: "" };
}
