/**
 * Proxy: a line between clients and a server that fails on command. It forwards bytes of TCP and
 * knows nothing of what they say, so whatever is lost, late or torn here can be lost, late or torn
 * by any network.
 */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Ending, Pipe } from "./pipe.js";

export type { Ending } from "./pipe.js";

/** `up` is to the server, `down` from it. */
export type Direction = "up" | "down";

/** What a line does to what it carries. */
export type LineFault =
  /** Nothing. */
  | { readonly name: "pass" }
  /**
   * Nothing arrives, closing included. What was sent meanwhile arrives once the line passes again,
   * as if it had been sent again.
   */
  | { readonly name: "hole"; readonly direction: Direction | "both" }
  /** Everything arrives so many milliseconds later, each way. */
  | { readonly name: "delay"; readonly ms: number }
  /** No more arrives in a second, each way. The sender is held back. */
  | { readonly name: "throttle"; readonly bytesPerSecond: number }
  /** Exactly so many bytes arrive, counted from the first; then the line is cut. */
  | {
      readonly name: "cutAfter";
      readonly direction: Direction;
      readonly bytes: number;
      readonly ending: Ending;
    }
  /** New connections are reset; as with a server that is not there. */
  | { readonly name: "refuse" };

/** A line that does nothing. */
export const pass: LineFault = { name: "pass" };

/** Nothing arrives at either end. */
export const blackHole: LineFault = { name: "hole", direction: "both" };

/** One connection through a proxy. */
export interface Line {
  /** 1 for a proxy's first. */
  readonly number: number;
  /** Bytes handed on so far. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** Does this from now on. */
  set(fault: LineFault): void;
  /** Ends it for both ends: by RST or by FIN. */
  cut(ending: Ending): void;
}

/** A proxy in front of one address. */
export interface LineProxy {
  readonly port: number;
  /** The lines there are, oldest first. */
  readonly lines: ReadonlySet<Line>;
  /** How many lines there ever were. */
  readonly opened: number;
  /** Does this to the lines there are and to those to come. */
  all(fault: LineFault): void;
  /** Does this to the lines there are. */
  present(fault: LineFault): void;
  /** Does this to the lines to come. */
  coming(fault: LineFault): void;
  /** Does this to the next line alone. */
  once(fault: LineFault): void;
  /** Ends the lines there are. */
  cut(ending?: Ending): void;
  /** Takes the lines to come to these ports, in turn. */
  target(...ports: readonly number[]): void;
  /** Ends all of it. */
  close(): Promise<void>;
}

/** Starts a proxy in front of a port of this machine. */
export async function startProxy(...targets: readonly number[]): Promise<LineProxy> {
  const lines = new Set<Line>();
  let next: LineFault = pass;
  let once: LineFault | undefined;
  let ports = targets;
  let opened = 0;

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.on("connection", (client) => {
    client.on("error", () => {}); // "close" follows
    const fault = once ?? next;
    once = undefined;
    if (fault.name === "refuse") return reset(client);
    const port = ports[opened % ports.length]!;
    opened++;
    const line = toLine(client, port, opened, () => lines.delete(line));
    lines.add(line);
    line.set(fault);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", 4_096, resolve));

  const present = (fault: LineFault) => {
    for (const line of lines) line.set(fault);
  };
  const cut = (ending: Ending = "reset") => {
    for (const line of lines) line.cut(ending);
  };
  return {
    port: (server.address() as AddressInfo).port,
    lines,
    get opened() {
      return opened;
    },
    all(fault) {
      next = fault;
      present(fault);
    },
    present,
    coming(fault) {
      next = fault;
    },
    once(fault) {
      once = fault;
    },
    cut,
    target(...given) {
      ports = given;
    },
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut();
      return closed;
    },
  };
}

function toLine(client: Socket, port: number, number: number, gone: () => void): Line {
  let server: Socket | undefined;
  let up: Pipe | undefined;
  let down: Pipe | undefined;
  let fault: LineFault = pass;
  let isCut = false;

  // In a hole, the server hears of no connection before it has ended.
  const isHidden = () => fault.name === "hole" && fault.direction !== "down";

  function dial() {
    if (server !== undefined || isCut || isHidden()) return;
    server = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    up = new Pipe(client, server, () => line.cut("reset"));
    down = new Pipe(server, client, () => line.cut("reset"));
    for (const socket of [client, server]) socket.on("close", leave);
  }

  function apply() {
    const holds = fault.name === "hole" ? fault.direction : undefined;
    for (const [direction, pipe] of [
      ["up", up],
      ["down", down],
    ] as const) {
      pipe?.set({
        isHole: holds === direction || holds === "both",
        delayMs: fault.name === "delay" ? fault.ms : 0,
        bytesPerSecond: fault.name === "throttle" ? fault.bytesPerSecond : undefined,
        cut:
          fault.name === "cutAfter" && fault.direction === direction
            ? { after: fault.bytes, run: cutAs(fault.ending) }
            : undefined,
      });
    }
  }
  const cutAs = (ending: Ending) => () => line.cut(ending);

  function leave() {
    if (client.destroyed && (server === undefined || server.destroyed)) gone();
  }

  const line: Line = {
    number,
    get bytes() {
      return { up: up?.passed ?? 0, down: down?.passed ?? 0 };
    },
    set(given) {
      fault = given;
      dial();
      apply();
    },
    cut(ending) {
      if (isCut) return;
      isCut = true;
      for (const pipe of [up, down]) pipe?.stop();
      for (const socket of [client, server]) {
        if (socket === undefined || socket.destroyed) continue;
        if (ending === "reset") reset(socket);
        else socket.destroySoon();
      }
      leave();
    },
  };
  client.on("close", leave);
  return line;
}

/**
 * Ends a socket by RST alone. `resetAndDestroy` says FIN before, and whoever reads that has heard of
 * an orderly end.
 */
function reset(socket: Socket) {
  // What `resetAndDestroy` sets too. A socket that is still connecting has nothing to reset, and libuv does not
  // reset one that has said its end: Node would then leave it open.
  const isWhole = !socket.connecting && !socket.writableEnded;
  if (isWhole) Object.assign(socket, { resetAndClosing: true });
  socket.destroy();
}
