/**
 * What RFC 6455 allows and few clients do: it has to work, however odd. PROTOCOL.md §1
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Arena } from "./arena.js";
import { close, fragments, frame, json, Opcode, ping, pong, text } from "./frames.js";
import { open, type RawClient } from "./raw-client.js";
import { add, input, query, sentence, told } from "./requests.js";

let arena: Arena;
let port: number;
beforeAll(async () => {
  arena = await Arena.open();
  port = await arena.start();
  await arena.begin();
});
afterAll(async () => {
  await arena.end("frames that RFC 6455 allows");
  await arena.close();
});

/** Runs something on a connection of its own, which is alive after it and ends well. */
async function onLine(run: (client: RawClient) => Promise<void>) {
  const client = await open(port);
  await run(client);
  expect(told(await client.ask(add("last")))).toBe(3);
  await client.leave();
}

const echoed = (payload: string) => query(7, "echo", input(payload));

describe("a message", () => {
  it.each([1, 2, 3, 7, 60])("may come in pieces of %i bytes", (size) =>
    onLine(async (client) => {
      client.write(fragments(JSON.stringify(add(7)), size));
      expect(told(await client.answerTo(7))).toBe(3);
    }),
  );

  it("may have empty pieces, also the first and the last one", () =>
    onLine(async (client) => {
      client.write(
        frame({ opcode: Opcode.text, fin: false }),
        frame({ opcode: 0, fin: false, payload: JSON.stringify(add(7)) }),
        frame({ opcode: 0, fin: false }),
        frame({ opcode: 0 }),
      );
      expect(told(await client.answerTo(7))).toBe(3);
    }));

  it("may have characters that are split between pieces", () =>
    onLine(async (client) => {
      const words = "zwölf € für 😀";
      client.write(fragments(JSON.stringify(echoed(words)), 1));
      expect(told(await client.answerTo(7))).toBe(words);
    }));

  it("may be interrupted by pings, which are answered at once, and by pongs", () =>
    onLine(async (client) => {
      const [first, ...rest] = JSON.stringify(add(7));
      client.write(frame({ opcode: Opcode.text, fin: false, payload: first! }), ping("now"));
      await client.until("the pong", () => client.pongs.includes("now"));
      client.write(pong("unasked"), ping(), frame({ opcode: 0, payload: rest.join("") }));
      expect(told(await client.answerTo(7))).toBe(3);
    }));

  it("may be interrupted by the end of the connection", async () => {
    const client = await open(port);
    client.write(frame({ opcode: Opcode.text, fin: false, payload: "[" }), close(1000));
    expect((await client.ended()).code).toBe(1000);
  });

  // The boundaries of the three forms a length has. §5.2
  it.each([125, 126, 127, 65_535, 65_536, 65_537, 1_048_576])("may have %i bytes", (length) =>
    onLine(async (client) => {
      const bare = JSON.stringify(echoed(""));
      client.text(JSON.stringify(echoed("x".repeat(length - bare.length))));
      expect(told(await client.answerTo(7))).toHaveLength(length - bare.length);
    }),
  );

  it.each([
    ["16", 16],
    ["64", 64],
  ] as const)(
    "may tell its length in %s bits where fewer would do, as ws lets it",
    (_bits, lengthBits) =>
      onLine(async (client) => {
        client.text(JSON.stringify(add(7)), { lengthBits });
        expect(told(await client.answerTo(7))).toBe(3);
      }),
  );

  it.each([
    ["zeros", Uint8Array.of(0, 0, 0, 0)],
    ["ones", Uint8Array.of(255, 255, 255, 255)],
    ["what makes it look like another frame", Uint8Array.of(0x81, 0x80, 0, 0)],
  ])("may be masked with %s", (_what, mask) =>
    onLine(async (client) => {
      client.text(JSON.stringify(add(7)), { mask });
      expect(told(await client.answerTo(7))).toBe(3);
    }),
  );

  it("may arrive a byte at a time", () =>
    onLine(async (client) => {
      await client.trickle(json(add(7)));
      expect(told(await client.answerTo(7))).toBe(3);
    }));

  it("may come with others in one segment, as many as may run at once", () =>
    onLine(async (client) => {
      client.write(Buffer.concat(Array.from({ length: 64 }, (_, id) => json(add(id)))));
      await client.until("the answers", () => client.heard.length === 1 + 64);
      expect(client.heard.slice(1).map(told)).toEqual(new Array(64).fill(3));
    }));

  it("may have any characters that are UTF-8, NUL and non-characters too", () =>
    onLine(async (client) => {
      const words = "\u0000\u007f\u0080\ufeff\ufffe\uffff\u{10ffff}\u2028";
      client.text(JSON.stringify(echoed(words)).replace("\\u0000", "\\u0000"));
      expect(told(await client.answerTo(7))).toBe(words);
    }));

  it("that is empty is no JSON: in the base dialect it is answered, and the line lives", async () => {
    const client = await open(port, { dialect: "base" });
    client.text("");
    const answer = await client.answerTo(null);
    expect([told(answer), sentence(answer)]).toEqual([
      "PARSE_ERROR",
      "A frame must be JSON, PING or PONG",
    ]);
    expect(told(await client.ask(add(7)))).toBe(3);
    await client.leave();
  });
});

describe("a ping", () => {
  it.each([0, 1, 124, 125])("of %i bytes is answered with the same", (length) =>
    onLine(async (client) => {
      const payload = "x".repeat(length);
      client.write(ping(payload));
      await client.until("the pong", () => client.pongs.includes(payload));
    }),
  );

  it("may carry bytes that are no UTF-8", () =>
    onLine(async (client) => {
      client.write(ping(Uint8Array.of(0xff, 0xfe)));
      await client.until("the pong", () => client.pongs.length === 1);
    }));

  it("is answered before hello and before connectionParams, too", async () => {
    const full = await open(port, { hello: false });
    const base = await open(port, { dialect: "base", target: "/?connectionParams=1" });
    for (const client of [full, base]) {
      client.write(ping("anybody?"));
      await client.until("the pong", () => client.pongs.length === 1);
      client.write(close(1000));
      expect((await client.ended()).code).toBe(1000);
    }
  });
});

describe("a closing frame", () => {
  // RFC 6455 §7.4.1, the registry behind it, libraries' codes and those of applications.
  it.each([
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000, 4999,
  ])("with the code %i is answered with the same, and told to the application", async (code) => {
    await arena.log();
    const client = await open(port);
    client.write(close(code, "bye"));
    expect(await client.ended()).toEqual({ code, reason: "bye", reset: false });
    await arena.settled();
    expect((await arena.log()).endings).toEqual([code]);
  });

  it("without a code is answered without one", async () => {
    const client = await open(port);
    client.write(close());
    expect((await client.ended()).code).toBe(1005);
  });

  it("may have a reason of 123 bytes", async () => {
    const client = await open(port);
    client.write(close(1000, `${"é".repeat(61)}x`));
    expect((await client.ended()).code).toBe(1000);
  });

  it("ends everything: what comes after it is not looked at", async () => {
    await arena.settled();
    await arena.log();
    const client = await open(port);
    client.write(close(1000), json(add(7)), text(Uint8Array.of(0xff)), Buffer.alloc(10_000, 0xff));
    expect((await client.ended()).code).toBe(1000);
    expect(client.heard.filter((message) => message.id === 7)).toEqual([]);
    await arena.settled();
    expect((await arena.log()).endings).toEqual([1000]);
  });

  it("comes after the answers that were ready before it", async () => {
    const client = await open(port);
    client.write(json(add(1)));
    await client.answerTo(1);
    client.write(json({ id: 2, method: "subscription", params: { path: "quiet" } }));
    await client.until("its event", () => client.heard.some((message) => told(message) === 1));
    client.write(close(1000));
    await client.ended();
    await arena.settled();
  });
});

it("deflate, when offered, is not agreed to, so there is nothing to inflate", async () => {
  for (const offer of ["permessage-deflate; client_max_window_bits", "x-webkit-deflate-frame"]) {
    const client = await open(port, { headers: { "Sec-WebSocket-Extensions": offer } });
    expect(client.http.toLowerCase()).not.toContain("sec-websocket-extensions");
    client.text("PING", { rsv: 4 }); // as a client would that did not look
    expect((await client.ended()).code).toBe(1002);
  }
});
