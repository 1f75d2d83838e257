import { describe, expect, it } from "vitest";
import { isCounted, Ledger } from "./index.js";

const said = (...messages: string[]) => {
  const ledger = new Ledger();
  for (const message of messages) ledger.say(message);
  return ledger;
};

describe("Ledger", () => {
  it("says again what was not acknowledged, in order", () => {
    const ledger = said("a", "b", "c");
    expect(ledger.acknowledge(1)).toBe(true);
    expect(ledger.unheard()).toEqual(["b", "c"]);
    expect(ledger.said).toBe(3);
  });

  it("keeps count of the characters it holds", () => {
    const ledger = said("four", "sixsix");
    expect(ledger.keptChars).toBe(10);
    ledger.acknowledge(1);
    expect(ledger.keptChars).toBe(6);
    ledger.acknowledge(2);
    expect([ledger.keptChars, ledger.unacknowledged]).toEqual([0, 0]);
  });

  it.each([
    ["more than were said", 4],
    ["fewer than before", 1],
    ["half a message", 2.5],
    ["no number", Number.NaN],
  ])("refuses an acknowledgement of %s, and changes nothing", (_, count) => {
    const ledger = said("a", "b", "c");
    ledger.acknowledge(2);
    expect(ledger.acknowledge(count)).toBe(false);
    expect(ledger.unheard()).toEqual(["c"]);
  });

  it("takes the same acknowledgement twice", () => {
    const ledger = said("a", "b");
    expect([ledger.acknowledge(2), ledger.acknowledge(2)]).toEqual([true, true]);
  });

  it("goes on counting after everything was acknowledged", () => {
    const ledger = said("a");
    ledger.acknowledge(1);
    ledger.say("b");
    expect([ledger.said, ledger.unheard()]).toEqual([2, ["b"]]);
  });

  it("holds the right ones after many were acknowledged in small steps", () => {
    const ledger = new Ledger();
    for (let n = 1; n <= 1_000; n++) {
      ledger.say(`m${n}`);
      if (n > 10) ledger.acknowledge(n - 10);
    }
    expect(ledger.unheard()).toEqual(Array.from({ length: 10 }, (_, i) => `m${991 + i}`));
    expect(ledger.keptChars).toBe("m991".length * 9 + "m1000".length);
  });

  it("owes an acknowledgement from the first message on, welcome with the 16th, due with the 32nd", () => {
    const ledger = new Ledger();
    expect(ledger.owesAck).toBe(false);
    for (let n = 1; n < 16; n++) ledger.hear(10);
    expect([ledger.owesAck, ledger.ackGoesAlong]).toEqual([true, false]);
    ledger.hear(10);
    expect(ledger.ackGoesAlong).toBe(true);
    for (let n = 17; n < 32; n++) ledger.hear(10);
    expect(ledger.ackIsDue).toBe(false);
    ledger.hear(10);
    expect(ledger.ackIsDue).toBe(true);
    expect(ledger.tell()).toBe(32);
    expect([ledger.owesAck, ledger.ackIsDue]).toEqual([false, false]);
  });

  it("owes again what it has told and the other end never got", () => {
    const ledger = new Ledger();
    for (let n = 1; n <= 3; n++) ledger.hear(10);
    ledger.tell();
    ledger.untell(1);
    expect(ledger.owesAck).toBe(true);
    expect(ledger.tell()).toBe(3);
    expect(ledger.owesAck).toBe(false);
  });

  it("finds one due with 64 KiB, however few the messages", () => {
    const ledger = new Ledger();
    ledger.hear(65_535);
    expect(ledger.ackIsDue).toBe(false);
    ledger.hear(1);
    expect(ledger.ackIsDue).toBe(true);
  });

  it.each([
    [1_000, 1_024],
    [20_480, 1_280],
    [1_048_576, 65_536],
    [16_777_216, 65_536],
  ])("where %i bytes may be kept, one is due with %i", (room, dueChars) => {
    const ledger = new Ledger();
    ledger.room = room;
    ledger.hear(dueChars - 1);
    expect(ledger.ackIsDue).toBe(false);
    ledger.hear(1);
    expect(ledger.ackIsDue).toBe(true);
  });
});

describe("isCounted", () => {
  it.each([
    [{ id: 1, method: "query" }, true],
    [{ id: "s1", result: {} }, true],
    [{ id: 0, method: "cancel" }, true],
    [{ id: null, error: {} }, false],
    [{ id: null, method: "reconnect" }, false],
    [{ method: "hello" }, false],
    [{ method: "ack", received: 3 }, false],
  ])("%j: %s", (message, counted) => {
    expect(isCounted(message)).toBe(counted);
  });
});
