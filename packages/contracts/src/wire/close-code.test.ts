import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CloseCode, endsSession, mayReconnect } from "./close-code.js";

const protocol = readFileSync(new URL("../../../../PROTOCOL.md", import.meta.url), "utf8");
const section = protocol.slice(protocol.indexOf("## 7. Closing"), protocol.indexOf("## 8. Limits"));

describe("mayReconnect", () => {
  it.each([
    [1000, true, "a normal close: a proxy that restarts sends it too"],
    [1001, true, "going away"],
    [1002, false, "the peer broke the protocol"],
    [1003, false, "a kind of data the peer does not take"],
    [1005, true, "no code at all"],
    [1006, true, "the socket was lost"],
    [1007, false, "text that is not UTF-8"],
    [1008, true, "a policy of somebody in between"],
    [1009, true, "too big: that call is failed, the others go on"],
    [1010, false, "an extension is missing"],
    [1011, true, "an error on the server"],
    [1012, true, "a restart"],
    [1013, true, "try again later"],
    [1014, true, "a bad gateway"],
    [1015, true, "TLS failed"],
    [3000, true, "a library's own"],
    [3999, true, "a library's own"],
    [4000, true, "come back"],
    [4499, true, "come back"],
    [4500, false, "stay away"],
    [4999, false, "stay away"],
  ])("of %d is %s: %s", (code, expected) => {
    expect(mayReconnect(code)).toBe(expected);
  });

  it("follows from the number of each of ours", () => {
    const leaves = Object.entries(CloseCode).filter(([, code]) => !mayReconnect(code));
    expect(leaves.map(([name]) => name)).toEqual([
      "ProtocolError",
      "UnsupportedVersion",
      "Unauthenticated",
      "ClientClosed",
      "Replaced",
      "Revoked",
    ]);
  });
});

describe("endsSession", () => {
  it.each([
    [1000, true, "the client has moved, or says goodbye"],
    [1001, true, "the page is left"],
    [1002, true, "it broke the protocol, and would again"],
    [1005, false, "no code at all"],
    [1006, false, "the socket was lost"],
    [1009, true, "too big, and would be again"],
    [1011, false, "an error of somebody in between"],
    [1012, false, "a proxy restarts"],
    [4000, false, "the server drains, and ends what is left by itself"],
    [4001, false, "no sign of life"],
    [4003, false, "too many messages: come back later"],
    [4004, true, "the client has nothing to do"],
    [4006, false, "come back with credentials"],
    [4500, true, "it broke the rules of counting, perhaps"],
    [4502, true, "not who it says"],
    [4503, true, "closed by its owner"],
    [4505, true, "access was taken back"],
  ])("with %d: %s, %s", (code, expected) => {
    expect(endsSession(code)).toBe(expected);
  });
});

describe("CloseCode", () => {
  it("keeps to the numbers that are left to applications, each once", () => {
    const codes = Object.values(CloseCode);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) {
      expect(code).toBeGreaterThanOrEqual(4000);
      expect(code).toBeLessThanOrEqual(4999);
    }
  });

  it("is the table of PROTOCOL.md §7", () => {
    const rows = [...section.matchAll(/^\| (4\d{3}) \| (\w+) \|/gm)];
    const documented = rows.map(([, code, name]) => [name, Number(code)]);
    expect(Object.fromEntries(documented)).toEqual({ ...CloseCode });
  });
});
