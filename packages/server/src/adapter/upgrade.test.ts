import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import { decideUpgrade, type Origins, readUrl } from "./upgrade.js";

const decide = (headers: IncomingHttpHeaders, origins: Origins = "any", url = "/line") =>
  decideUpgrade({ url, headers: { host: "app.example", ...headers } }, { origins });

describe("the URL of a request", () => {
  it.each([
    ["/line", "/line", ""],
    ["/line?connectionParams=1", "/line", "?connectionParams=1"],
    ["/a/../line", "/line", ""],
    ["/%00?a=%", "/%00", "?a=%"],
    ["/line#part", "/line", ""],
  ])("%s is read", (target, pathname, search) => {
    expect(readUrl(target)).toMatchObject({ pathname, search, host: "localhost" });
  });

  it.each([
    undefined,
    "",
    "*",
    "line",
    "//",
    "//evil.example/line",
    "//localhost/line",
    "///",
    "/\\evil.example/line",
    "/\\a b",
    "http://evil.example/line",
    "evil.example:443",
  ])("%j is nothing that can be served", (target) => {
    expect(readUrl(target)).toBeUndefined();
    expect(decideUpgrade({ url: target, headers: {} }, { origins: "any" })).toMatchObject({
      accept: false,
      status: 400,
    });
  });

  it.each(["a b", "", "[", "evil.example/line?", undefined])(
    "is not read off the Host header, so %j harms nobody",
    (host) => {
      expect(decideUpgrade({ url: "/line", headers: { host } }, { origins: "any" })).toMatchObject({
        accept: true,
      });
    },
  );
});

describe("the origin of a request", () => {
  const list = ["https://app.example", "http://localhost:5173"];

  it.each<[string, Origins, string | undefined, boolean]>([
    ["any page", "any", "https://evil.example", true],
    ["a page without origin", "any", "null", true],
    ["a program, which sends none", "same", undefined, true],
    ["a program, which sends none", list, undefined, true],
    ["the page's own host", "same", "https://app.example", true],
    ["the page's own host, without TLS", "same", "http://app.example", true],
    ["another port of the same host", "same", "https://app.example:8443", false],
    ["another host", "same", "https://evil.example", false],
    ["a host that ends alike", "same", "https://evil-app.example", false],
    ["a host that begins alike", "same", "https://app.example.evil.example", false],
    ["the own host as a user's name", "same", "https://app.example@evil.example", false],
    ["an opaque page (a sandboxed frame, a file)", "same", "null", false],
    ["what is no origin", "same", "app.example", false],
    ["an empty one", "same", "", false],
    ["two at once", "same", "https://app.example, https://evil.example", false],
    ["one on the list", list, "https://app.example", true],
    ["one with its port on the list", list, "http://localhost:5173", true],
    ["a listed host without its port", list, "http://localhost", false],
    ["a listed host with another scheme", list, "http://app.example", false],
    ["an opaque page", list, "null", false],
    ["two at once", list, "https://app.example, https://evil.example", false],
    ["nobody, where the list is empty", [], "https://app.example", false],
  ])("%s, with origins %j: %j is accepted: %s", (_whose, origins, origin, accept) => {
    expect(decide({ origin }, origins)).toMatchObject(
      accept ? { accept } : { accept, status: 403 },
    );
  });

  it("is refused where there is no host to be the same as", () => {
    const request = { url: "/line", headers: { origin: "https://app.example" } };
    expect(decideUpgrade(request, { origins: "same" })).toMatchObject({ accept: false });
  });
});

describe("what a browser attaches by itself", () => {
  const ambient = { cookie: "session=1", authorization: "Basic QQ==", "user-agent": "test" };

  it("is withheld where any page may connect", () => {
    expect(decide(ambient)).toMatchObject({
      headers: { host: "app.example", "user-agent": "test" },
    });
    expect(decide(ambient)).not.toHaveProperty("headers.cookie");
    expect(decide(ambient)).not.toHaveProperty("headers.authorization");
  });

  it.each<Origins>(["same", ["https://app.example"]])("counts with origins %j", (origins) => {
    expect(decide(ambient, origins)).toMatchObject({ headers: ambient });
  });
});

describe("the dialect of a request", () => {
  it.each([
    [undefined, { dialect: "base", protocol: "" }],
    ["", { dialect: "base", protocol: "" }],
    ["graphql-ws", { dialect: "base", protocol: "" }],
    ["tautline.1", { dialect: "full", protocol: "tautline.1" }],
    ["graphql-ws ,  tautline.1", { dialect: "full", protocol: "tautline.1" }],
    ["tautline.9, tautline.1", { dialect: "full", protocol: "tautline.1" }],
    ["tautline.9", { dialect: "unsupported", protocol: "tautline.9" }],
    ["graphql-ws, tautline.2, tautline.3", { dialect: "unsupported", protocol: "tautline.2" }],
    ["TAUTLINE.1", { dialect: "base", protocol: "" }],
    ["tautline.1.5", { dialect: "base", protocol: "" }],
  ])("offered %j is chosen: %j", (offered, choice) => {
    const headers = offered === undefined ? {} : { "sec-websocket-protocol": offered };
    expect(decide(headers)).toMatchObject({ accept: true, choice });
  });

  it.each([
    ["/line", false],
    ["/line?connectionParams=1", true],
    ["/line?connectionParams=0", false],
    ["/line?connectionParams", false],
    ["/line?a=b&connectionParams=1", true],
  ])("%s announces connectionParams: %s", (url, expectsParams) => {
    expect(decide({}, "any", url)).toMatchObject({ expectsParams });
  });
});
