import { describe, expect, it } from "vitest";
import { parseFlags } from "./flags.js";

describe("the flags", () => {
  it("have defaults that serve this machine alone", () => {
    const flags = parseFlags([]);
    expect(flags).toMatchObject({ port: 4400, host: "127.0.0.1", fresh: false, help: false });
    expect(flags.data).toMatch(/\.data$/);
  });

  it("are read", () => {
    const args = ["--port", "0", "--data", "/srv/room", "--fresh", "--host", "::"];
    expect(parseFlags(args)).toMatchObject({ port: 0, data: "/srv/room", fresh: true, host: "::" });
  });

  it("refuse what they do not know", () => {
    expect(() => parseFlags(["--prot", "1"])).toThrow(TypeError);
    expect(() => parseFlags(["--port", "http"])).toThrow(RangeError);
    expect(() => parseFlags(["--port", "70000"])).toThrow("Cannot listen on port 70000");
  });
});
