/**
 * The program whose types are counted: a believable service, cut to any number of procedures.
 *
 * It is written here once, as the pieces that both versions share word for word (schemas, inputs,
 * error data, what the client reads), so that the two programs can differ only in what is compared.
 */

/** One procedure, as pieces of TypeScript. */
export interface Piece {
  readonly name: string;
  readonly kind: "query" | "mutation" | "subscription";
  /** The schema of the input, as source. Left out: nothing. */
  readonly input?: string;
  /** The schema of the output, or of one event. */
  readonly output: string;
  /** Declared errors: the code, and the schema of its data. */
  readonly errors: Readonly<Record<string, string>>;
  readonly tracked?: boolean;
  /** The client's argument. */
  readonly argument: string;
  /** What the client reads of the result, of the event, and of the first declared error. */
  readonly reads: { readonly result: string; readonly error: string };
}

/** The schema that an area's procedures answer with. */
export const entitySchema = `z.object({
  id: z.string(),
  title: z.string(),
  status: z.enum(["open", "waiting", "closed"]),
  priority: z.number().int(),
  createdAt: z.date(),
  closedAt: z.date().optional(),
  owner: z.object({ id: z.string(), name: z.string(), avatar: z.url().nullable() }),
  tags: z.array(z.string()),
})`;

/** What an area of ten procedures does: four queries, four mutations, two subscriptions. */
export function piecesOf(entity: string): readonly Piece[] {
  return [
    {
      name: "list",
      kind: "query",
      input: `z.object({
      search: z.string().optional(),
      status: z.enum(["open", "waiting", "closed"]).optional(),
      limit: z.number().int().default(20),
      cursor: z.string().optional(),
    })`,
      output: `z.object({ items: z.array(${entity}), nextCursor: z.string().optional() })`,
      errors: { TOO_BROAD: "z.object({ matches: z.number() })" },
      argument: `{ search: "disk" }`,
      reads: { result: "items[0]?.createdAt.getTime()", error: "matches.toFixed()" },
    },
    {
      name: "byId",
      kind: "query",
      input: "z.object({ id: z.string() })",
      output: entity,
      errors: { NO_SUCH: "z.object({ id: z.string() })" },
      argument: `{ id: "1" }`,
      reads: { result: "owner.name.length", error: "id.length" },
    },
    {
      name: "mine",
      kind: "query",
      output: `z.array(${entity})`,
      errors: { NOT_A_MEMBER: "z.object({ since: z.date().nullable() })" },
      argument: "",
      reads: { result: "[0]?.title.length", error: "since?.getTime()" },
    },
    {
      name: "statistics",
      kind: "query",
      input: "z.object({ from: z.date(), to: z.date() })",
      output: `z.object({
      total: z.number(),
      byDay: z.array(z.object({ day: z.date(), opened: z.number(), closed: z.number() })),
    })`,
      errors: { RANGE_TOO_LONG: "z.object({ maxDays: z.number() })" },
      argument: "{ from: new Date(), to: new Date() }",
      reads: { result: "byDay[0]?.day.getTime()", error: "maxDays.toFixed()" },
    },
    {
      name: "create",
      kind: "mutation",
      input: `z.object({
      title: z.string().min(1),
      priority: z.number().int(),
      ownerId: z.string(),
      tags: z.array(z.string()).default([]),
    })`,
      output: entity,
      errors: {
        TITLE_TAKEN: "z.object({ by: z.string() })",
        QUOTA_REACHED: "z.object({ limit: z.number() })",
      },
      argument: `{ title: "Disk full", priority: 1, ownerId: "u1" }`,
      reads: { result: "createdAt.getTime()", error: "by.length" },
    },
    {
      name: "update",
      kind: "mutation",
      input: `z.object({
      id: z.string(),
      title: z.string().optional(),
      status: z.enum(["open", "waiting", "closed"]).optional(),
      priority: z.number().int().optional(),
    })`,
      output: entity,
      errors: {
        CONFLICT_WITH: "z.object({ version: z.number(), at: z.date() })",
        NO_SUCH: "z.object({ id: z.string() })",
      },
      argument: `{ id: "1", status: "closed" }`,
      reads: { result: "closedAt?.getTime()", error: "at.getTime()" },
    },
    {
      name: "remove",
      kind: "mutation",
      input: "z.object({ ids: z.array(z.string()) })",
      output: "z.object({ removed: z.number() })",
      errors: { NO_SUCH: "z.object({ id: z.string() })" },
      argument: `{ ids: ["1"] }`,
      reads: { result: "removed.toFixed()", error: "id.length" },
    },
    {
      name: "assign",
      kind: "mutation",
      input: "z.object({ id: z.string(), userId: z.string(), until: z.date().optional() })",
      output: entity,
      errors: {
        NOT_A_MEMBER: "z.object({ userId: z.string() })",
        NO_SUCH: "z.object({ id: z.string() })",
      },
      argument: `{ id: "1", userId: "u1" }`,
      reads: { result: "owner.id.length", error: "userId.length" },
    },
    {
      name: "changes",
      kind: "subscription",
      input: "z.object({ ids: z.array(z.string()) })",
      output: entity,
      errors: { TOO_MANY_IDS: "z.object({ limit: z.number() })" },
      tracked: true,
      argument: `{ ids: ["1"] }`,
      reads: { result: "data.createdAt.getTime()", error: "limit.toFixed()" },
    },
    {
      name: "load",
      kind: "subscription",
      output: "z.object({ at: z.date(), perSecond: z.number() })",
      errors: { NOT_MEASURED: "z.object({ until: z.date() })" },
      argument: "undefined",
      reads: { result: "at.getTime()", error: "until.getTime()" },
    },
  ];
}

/** A record of the service: `tickets7.list`, `tickets7.byId`, … */
export interface Area {
  readonly name: string;
  /** The name of the constant that holds its entity's schema. */
  readonly entity: string;
  readonly pieces: readonly Piece[];
}

/**
 * The service with this many procedures, in areas of ten.
 *
 * @throws RangeError when `count` is not a multiple of ten: the mix would change with the size.
 */
export function areasOf(count: number): readonly Area[] {
  if (count % 10 !== 0) throw new RangeError(`Cannot make ${count} procedures: use tens`);
  return Array.from({ length: count / 10 }, (_, index) => {
    const entity = `Ticket${index}`;
    return { name: `tickets${index}`, entity, pieces: piecesOf(entity) };
  });
}
