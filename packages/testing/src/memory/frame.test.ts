import { describe, expect, it } from "vitest";
import { toClosing, toItem } from "./frame.js";

describe("a frame on its way", () => {
  it("weighs its text in UTF-8", () => {
    expect(toItem("añ€😀")).toEqual({ kind: "frame", frame: "añ€😀", bytes: 1 + 2 + 3 + 4 });
  });

  it("carries a copy of its bytes, also of a view into a larger buffer", () => {
    const pool = Buffer.from("one two");
    const { frame, bytes } = toItem(pool.subarray(4));
    pool.fill(0);
    expect(frame).toEqual(new Uint8Array(Buffer.from("two")));
    expect(bytes).toBe(3);
  });
});

describe("a closing frame", () => {
  it.each([1000, 1001, 1003, 1007, 1011, 1014, 3000, 4000, 4999])("may carry %i", (code) => {
    expect(toClosing(code, "why")).toEqual({ code, reason: "why" });
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 1000.5, Number.NaN])(
    "carries nothing instead of %f",
    (code) => {
      expect(toClosing(code, "why")).toEqual({ code: 1005, reason: "" });
    },
  );

  it("cuts a reason to 123 bytes without splitting a character", () => {
    expect(toClosing(1000, "x".repeat(200)).reason).toBe("x".repeat(123));
    expect(toClosing(1000, "😀".repeat(40)).reason).toBe("😀".repeat(30));
  });
});
