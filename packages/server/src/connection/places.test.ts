import { describe, expect, it } from "vitest";
import { createPlaces } from "./places.js";

describe("places", () => {
  it("are counted for a principal over all its connections", () => {
    const places = createPlaces(2);
    const [phone, desk] = [places.of("ana"), places.of("ana")];
    expect([phone.take(), desk.take(), phone.take()]).toEqual([true, true, false]);
    desk.release();
    expect([phone.take(), desk.take()]).toEqual([true, false]);
  });

  it("of one principal are not those of another", () => {
    const places = createPlaces(1);
    expect(places.of("ana").take()).toBe(true);
    expect(places.of("ben").take()).toBe(true);
    expect(places.of("ana").take()).toBe(false);
  });

  it("are not counted where nobody is known", () => {
    const nobody = createPlaces(1).of(undefined);
    expect([nobody.take(), nobody.take(), nobody.take()]).toEqual([true, true, true]);
    nobody.release();
  });

  it("are all there again when all were given back", () => {
    const places = createPlaces(3);
    for (let round = 0; round < 3; round++) {
      const ana = places.of("ana");
      expect([ana.take(), ana.take(), ana.take(), ana.take()]).toEqual([true, true, true, false]);
      for (let taken = 0; taken < 3; taken++) ana.release();
    }
  });
});
