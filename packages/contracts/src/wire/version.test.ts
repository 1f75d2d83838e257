import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseDialect, fullDialectProtocol, protocolVersion } from "./version.js";

describe("chooseDialect", () => {
  it.each([
    [[], { dialect: "base", protocol: "" }],
    [["tautline.1"], { dialect: "full", protocol: "tautline.1" }],
    [["graphql-ws", "tautline.1"], { dialect: "full", protocol: "tautline.1" }],
    [["tautline.2", "tautline.1"], { dialect: "full", protocol: "tautline.1" }],
    [["tautline.1", "tautline.2"], { dialect: "full", protocol: "tautline.1" }],
    [["tautline.9"], { dialect: "unsupported", protocol: "tautline.9" }],
    [["tautline.9", "tautline.8"], { dialect: "unsupported", protocol: "tautline.9" }],
    [["graphql-ws", "tautline.9"], { dialect: "unsupported", protocol: "tautline.9" }],
    [["graphql-ws"], { dialect: "base", protocol: "" }],
    [["tautline"], { dialect: "base", protocol: "" }],
    [["tautline."], { dialect: "base", protocol: "" }],
    [["tautline.1.0"], { dialect: "base", protocol: "" }],
    [["TAUTLINE.1"], { dialect: "base", protocol: "" }],
    [["xtautline.1"], { dialect: "base", protocol: "" }],
  ])("of %j is %j", (offered, choice) => {
    expect(chooseDialect(offered)).toEqual(choice);
  });

  it("takes the Set that a WebSocket server hands it", () => {
    expect(chooseDialect(new Set(["tautline.1"])).dialect).toBe("full");
  });

  it("speaks the full dialect if, and only if, it was offered", () => {
    const name = fc.oneof(
      fc.string(),
      fc.nat(12).map((version) => `tautline.${version}`),
    );
    fc.assert(
      fc.property(fc.array(name), (offered) => {
        const { dialect, protocol } = chooseDialect(offered);
        expect(dialect === "full").toBe(offered.includes(fullDialectProtocol));
        // What a server answers must be one of the offers, or the client's socket fails.
        if (dialect !== "base") expect(offered).toContain(protocol);
      }),
    );
  });
});

describe("the subprotocol", () => {
  it("carries the version", () => {
    expect(fullDialectProtocol).toBe(`tautline.${protocolVersion}`);
  });
});
