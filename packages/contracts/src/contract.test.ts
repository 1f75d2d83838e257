import { describe, expect, it } from "vitest";
import * as z from "zod";
import { clientCall } from "./client-call.js";
import { type Contract, contract, entriesOf, proceduresOf, revisionOf } from "./contract.js";
import { mutation, query, subscription } from "./procedure.js";
import { topic } from "./topic.js";

const list = query({ output: z.array(z.string()) });
const add = mutation({ input: z.string(), output: z.string() });
const changes = subscription({ output: z.string() });
const timeline = topic({ data: z.string() });
const page = clientCall({ output: z.boolean() });

/** A contract as JavaScript would pass it, past the compiler. */
const unchecked = (definition: object) => contract(definition as { a: typeof list });

describe("contract", () => {
  it("gives back the very definition", () => {
    const definition = { list, incident: { add } };
    expect(contract(definition)).toBe(definition);
  });

  it("takes records of records, and records without a prototype", () => {
    const bare = Object.assign(Object.create(null), { list });
    expect([...entriesOf(unchecked({ a: { b: { c: { list } } }, bare }))]).toEqual([
      ["a.b.c.list", list],
      ["bare.list", list],
    ]);
  });

  it.each([
    "then",
    "call",
    "apply",
    "bind",
    "toJSON",
    "valueOf",
    "toString",
    "constructor",
    "prototype",
    "__proto__",
    "",
    "incident.list",
  ])("refuses the name %j, at the top and below", (name) => {
    expect(() => unchecked({ [name]: list })).toThrow(TypeError);
    expect(() => unchecked({ incident: { [name]: list } })).toThrow(
      `Cannot use "${name}" as a name in a contract (at "incident.${name}")`,
    );
  });

  it("refuses a reserved name of a record as well", () => {
    expect(() => unchecked({ call: { list } })).toThrow('Cannot use "call"');
  });

  it.each([
    ["a number", 5],
    ["null", null],
    ["undefined", undefined],
    ["a function", () => list],
    ["an array", [list]],
    ["a schema", z.string()],
    ["a class's object", new Map()],
    ["something that only looks like a procedure", { ...list }],
  ])("refuses %s, and says where", (_what, value) => {
    expect(() => unchecked({ incident: { list: value } })).toThrow(
      /^Cannot use the value at "incident\.list/,
    );
  });

  it("remembers a revision", () => {
    expect(revisionOf(contract({ list }))).toBeUndefined();
    expect(revisionOf(contract({ list }, { revision: 0 }))).toBe(0);
    expect(revisionOf(contract({ list }, { revision: 7 }))).toBe(7);
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])("refuses %d as a revision", (revision) => {
    expect(() => contract({ list }, { revision })).toThrow(RangeError);
  });
});

describe("entriesOf", () => {
  const app: Contract = contract({ list, incident: { add, changes, timeline }, browser: { page } });

  it("walks in the order of writing, with dotted paths", () => {
    expect([...entriesOf(app)].map(([path]) => path)).toEqual([
      "list",
      "incident.add",
      "incident.changes",
      "incident.timeline",
      "browser.page",
    ]);
  });

  it("leaves topics and client calls to others in proceduresOf", () => {
    expect([...proceduresOf(app)]).toEqual([
      ["list", list],
      ["incident.add", add],
      ["incident.changes", changes],
    ]);
  });

  it("finds nothing in an empty contract", () => {
    expect([...entriesOf({})]).toEqual([]);
  });
});
