import { describe, expect, it } from "vitest";
import { readTraceParent } from "./trace-parent.js";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const zeroes = (length: number) => "0".repeat(length);

describe("a traceparent", () => {
  it.each([
    ["recorded", `00-${traceId}-${spanId}-01`, 1],
    ["not recorded", `00-${traceId}-${spanId}-00`, 0],
    ["with flags of the future", `00-${traceId}-${spanId}-ff`, 255],
    ["of a version to come", `cc-${traceId}-${spanId}-01`, 1],
    ["of a version to come, with more in it", `cc-${traceId}-${spanId}-01-what-the-future`, 1],
  ])("is read when it is %s", (_, text, traceFlags) => {
    expect(readTraceParent(text)).toEqual({ traceId, spanId, traceFlags });
  });

  it.each([
    ["nothing", undefined],
    ["a number", 7],
    ["an object", { traceId }],
    ["empty", ""],
    ["some other text", "trace me"],
    ["of the forbidden version", `ff-${traceId}-${spanId}-01`],
    ["of a version in upper case", `CC-${traceId}-${spanId}-01`],
    ["of version 00 with more in it", `00-${traceId}-${spanId}-01-more`],
    ["of version 00 with a dash at its end", `00-${traceId}-${spanId}-01-`],
    ["of a version to come that ends in something else", `cc-${traceId}-${spanId}-01.what`],
    ["in upper case", `00-${traceId.toUpperCase()}-${spanId}-01`],
    ["of trace zero", `00-${zeroes(32)}-${spanId}-01`],
    ["of span zero", `00-${traceId}-${zeroes(16)}-01`],
    ["too short", `00-${traceId.slice(1)}-${spanId}-01`],
    ["without flags", `00-${traceId}-${spanId}`],
    ["between blanks", ` 00-${traceId}-${spanId}-01 `],
    ["of characters that are no digits", `00-${"g".repeat(32)}-${spanId}-01`],
    ["endless", `cc-${traceId}-${spanId}-01-${"x".repeat(10_000)}`],
  ])("is none when it is %s", (_, text) => {
    expect(readTraceParent(text)).toBeUndefined();
  });
});
