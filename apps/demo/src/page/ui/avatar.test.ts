import { describe, expect, it } from "vitest";
import { hueOf, initialsOf } from "./avatar.js";

describe("an avatar", () => {
  it.each([
    ["Priya Raman", "PR"],
    ["  ada  ", "A"],
    ["Jean Luc van Damme", "JD"],
    ["Øystein Ås", "ØÅ"],
    ["𝒜lice", "𝒜"],
  ])("shows %s as %s", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  it("has one colour for a name, however it is typed", () => {
    expect(hueOf("Priya Raman ")).toBe(hueOf("priya raman"));
    expect(hueOf("Priya Raman")).not.toBe(hueOf("Marco Silva"));
  });
});
