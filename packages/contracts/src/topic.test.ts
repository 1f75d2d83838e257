import { describe, expect, it } from "vitest";
import * as z from "zod";
import { isProcedure } from "./procedure.js";
import { isTopic, topic } from "./topic.js";

const data = z.object({ text: z.string() });

describe("topic", () => {
  it("keeps nothing of the past unless asked", () => {
    expect(topic({ data })).toEqual({
      kind: "topic",
      params: undefined,
      data,
      presence: undefined,
      history: { size: 0, ttlMs: 0 },
    });
  });

  it("keeps params, presence and history as they were given", () => {
    const params = z.object({ incidentId: z.string() });
    const presence = z.object({ name: z.string() });
    const history = { size: 1_000, ttlMs: 86_400_000 };
    expect(topic({ params, data, presence, history })).toMatchObject({
      params,
      presence,
      history,
    });
  });

  it("is known by what made it, and is no procedure", () => {
    const definition = topic({ data });
    expect(isTopic(definition)).toBe(true);
    expect(isTopic({ ...definition })).toBe(false);
    expect(isProcedure(definition)).toBe(false);
    expect(Object.isFrozen(definition)).toBe(true);
  });

  it.each(["params", "data", "presence"])("refuses %s that is no schema", (name) => {
    const options = { data, [name]: "text" } as unknown as { data: typeof data };
    expect(() => topic(options)).toThrow(
      new TypeError(`Cannot define a topic: ${name} is not a schema`),
    );
  });
});
