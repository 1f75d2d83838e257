/**
 * The two programs: the same service as a Tautline contract with its client, and as a tRPC router
 * with its client. Both clients make every call, read its result and one of its declared errors.
 */
import { type Area, areasOf, entitySchema, type Piece } from "./content.js";

/** Files by name. */
export type Program = Readonly<Record<string, string>>;

/** A contract and a typed client. No server: a client needs none. */
export function tautlineProgram(count: number): Program {
  const areas = areasOf(count);
  return {
    "contract.ts": `import { contract, mutation, query, subscription } from "@tautline/contracts";
import * as z from "zod";

${areas.map(entityOf).join("\n")}
export const app = contract({
${areas.map((area) => `  ${area.name}: {\n${area.pieces.map(entryOf).join("")}  },\n`).join("")}});
`,
    "client.ts": `import { createClient, isDeclared, safe } from "@tautline/client";
import type { app } from "./contract.js";

const api = createClient<typeof app>({ url: "/line" });
${usesOf(areas, (error, code) => `isDeclared(${error}, "${code}")`)}`,
  };
}

/** The same with the server's side: `implement()`, and the stub that the tRPC router has. */
export function tautlineProgramWithServer(count: number): Program {
  return {
    ...tautlineProgram(count),
    "server.ts": `import { implement } from "@tautline/server";
import { app } from "./contract.js";

declare const stub: () => never;

export const router = implement(app).router({
${areasOf(count)
  .map(
    ({ name, pieces }) =>
      `  ${name}: { ${pieces.map((each) => `${each.name}: stub`).join(", ")} },\n`,
  )
  .join("")}});
`,
  };
}

/**
 * A router and `createTRPCClient`. Declared errors are `.errors()`, written by one helper as a
 * team would that has two hundred of them. Handlers are one shared stub: this counts a contract,
 * not an implementation, and a stub is the cheapest handler there is.
 */
export function trpcProgram(count: number): Program {
  const areas = areasOf(count);
  return {
    "declared.ts": `import type { TRPCDefaultErrorShape } from "@trpc/server";

interface Schema {
  readonly "~standard": { readonly types?: { readonly output: unknown } | undefined };
}
type Data<S extends Schema> = NonNullable<S["~standard"]["types"]>["output"];

interface DeclaredData<App> extends NonNullable<TRPCDefaultErrorShape["data"]> {
  readonly app: App;
}
interface DeclaredShape<App> {
  readonly message: string;
  readonly code: TRPCDefaultErrorShape["code"];
  readonly data: DeclaredData<App>;
}

export class Declared extends Error {
  constructor(readonly code: string, readonly data: unknown) {
    super(code);
  }
}

export function declared<E extends Record<string, Schema>>(errors: E) {
  return ({ shape, error }: { shape: TRPCDefaultErrorShape; error: Error }) => {
    const { cause } = error;
    if (!(cause instanceof Declared) || !(cause.code in errors)) return undefined;
    const app = { code: cause.code, data: cause.data };
    return { ...shape, data: { ...shape.data, app } } as unknown as DeclaredShape<
      { [Code in keyof E]: { readonly code: Code; readonly data: Data<E[Code]> } }[keyof E]
    >;
  };
}
`,
    "router.ts": `import { initTRPC, tracked } from "@trpc/server";
import superjson from "superjson";
import * as z from "zod";
import { declared } from "./declared.js";

const t = initTRPC.create({ transformer: superjson });
declare const stub: () => never;

${areas.map(entityOf).join("\n")}
export const router = t.router({
${areas.map((area) => `  ${area.name}: {\n${area.pieces.map(procedureOf).join("")}  },\n`).join("")}});
`,
    "client.ts": `import { createTRPCClient, safe } from "@trpc/client";
import type { router } from "./router.js";

const api = createTRPCClient<typeof router>({ links: [] });
${usesOf(areas, (error, code) => `${error}?.data && "app" in ${error}.data && ${error}.data.app.code === "${code}"`)}`,
  };
}

const entityOf = ({ entity }: Area) => `const ${entity} = ${entitySchema};\n`;

const errorsOf = ({ errors }: Piece) =>
  `{ ${Object.entries(errors)
    .map(([code, schema]) => `${code}: ${schema}`)
    .join(", ")} }`;

function entryOf(piece: Piece) {
  const input = piece.input === undefined ? "" : `input: ${piece.input},\n      `;
  const tracked = piece.tracked ? "\n      tracked: true," : "";
  return `    ${piece.name}: ${piece.kind}({
      ${input}output: ${piece.output},
      errors: ${errorsOf(piece)},${tracked}
    }),
`;
}

function procedureOf(piece: Piece) {
  const input = piece.input === undefined ? "" : `\n      .input(${piece.input})`;
  const head = `    ${piece.name}: t.procedure\n      .errors(declared(${errorsOf(piece)}))${input}`;
  if (piece.kind !== "subscription") {
    return `${head}\n      .output(${piece.output})\n      .${piece.kind}(stub),\n`;
  }
  // tRPC has no schema for one event: the handler's own type is what the client sees.
  const event = `stub() as z.output<${piece.output.startsWith("z.") ? `typeof ${piece.name}Event` : `typeof ${piece.output}`}>`;
  const yielded = piece.tracked ? `tracked("1", ${event})` : event;
  return `${head}
      .subscription(async function* () {${
        piece.output.startsWith("z.") ? `\n        const ${piece.name}Event = ${piece.output};` : ""
      }
        yield ${yielded};
      }),
`;
}

/** One function an area, with every call in it. */
function usesOf(areas: readonly Area[], narrows: (error: string, code: string) => string) {
  return areas
    .map(
      (area) => `
export async function use_${area.name}() {
${area.pieces.map((piece) => useOf(area, piece, narrows)).join("")}}
`,
    )
    .join("");
}

function useOf({ name: area }: Area, piece: Piece, narrows: (e: string, c: string) => string) {
  const { name, kind, argument, reads, errors } = piece;
  const [code] = Object.keys(errors) as [string];
  const error = `${name}Error`;
  const readError = `if (${narrows(error, code)}) ${error}.data.app.data.${reads.error};`;
  if (kind === "subscription") {
    return `  api.${area}.${name}.subscribe(${argument}, {
    onData(event) {
      event.${reads.result};
    },
    onError(${error}) {
      ${readError}
    },
  });
`;
  }
  const method = kind === "query" ? "query" : "mutate";
  return `  const [${name}, ${error}] = await safe(api.${area}.${name}.${method}(${argument}));
  ${readError}
  ${name}?.${reads.result};
`;
}
