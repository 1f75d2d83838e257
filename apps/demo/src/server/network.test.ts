import { EventEmitter } from "node:events";
import type { Server } from "node:http";
import { PassThrough } from "node:stream";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { pageOf, watchNetwork } from "./network.js";

let now = 0;
let http: EventEmitter;
let network: ReturnType<typeof watchNetwork>;
beforeEach(() => {
  vi.useFakeTimers();
  now = 1_000;
  http = new EventEmitter();
  network = watchNetwork(http as Server, () => now);
  return () => vi.useRealTimers();
});

function connect(url: string) {
  const socket = new PassThrough();
  http.emit("upgrade", { url }, socket);
  return socket;
}

describe("the network", () => {
  it("destroys the sockets of a cut page, and of no other", () => {
    const mine = [connect("/line?page=a"), connect("/line?page=a")];
    const theirs = connect("/line?page=b");
    expect(network.cut("a", 5_000)).toEqual(new Date(6_000));
    expect(mine.map((socket) => socket.destroyed)).toEqual([true, true]);
    expect(theirs.destroyed).toBe(false);
  });

  it("refuses new sockets of that page until the time is over", () => {
    network.cut("a", 5_000);
    now = 5_999;
    expect(connect("/line?page=a").destroyed).toBe(true);
    expect(connect("/line?page=b").destroyed).toBe(false);
    now = 6_000;
    expect(connect("/line?page=a").destroyed).toBe(false);
  });

  it("looks at a socket before anybody else does", () => {
    const seen: boolean[] = [];
    http.on("upgrade", (_request, socket) => seen.push(socket.destroyed));
    network.cut("a", 5_000);
    connect("/line?page=a");
    expect(seen).toEqual([true]);
  });

  it("tells pages apart by the address they connect to, if they name themselves", () => {
    expect(pageOf("/line?page=ab-12")).toBe("ab-12");
    expect(pageOf("/line?x=1&page=ab&y=2")).toBe("ab");
    expect(pageOf("/line?page=a/b")).toBeUndefined();
    expect(pageOf("/line")).toBeUndefined();
    expect(pageOf(undefined)).toBeUndefined();
  });
});
