/** What a contract says in types: what is inferred from it, and what can not be written in one. */
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import * as v from "valibot";
import * as z from "zod";
import { clientCall } from "./client-call.js";
import { contract } from "./contract.js";
import { type AppError, type BuiltinAppError, isDeclared } from "./errors.js";
import type {
  ErrorOf,
  ErrorShape,
  ErrorShapeData,
  InputOf,
  OutputOf,
  RouterOf,
  ShapeOf,
  TrackedEvent,
} from "./infer.js";
import { mutation, type Procedure, query, subscription } from "./procedure.js";
import type { SchemaInput, SchemaOutput } from "./schema.js";
import { topic } from "./topic.js";

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Fact extends true>() => {};

const Incident = z.object({
  id: z.string(),
  title: z.string(),
  openedAt: z.date(),
  watchers: z.set(z.string()),
});
type Incident = z.output<typeof Incident>;

const app = contract({
  ping: query({ output: z.date() }),
  incident: {
    list: query({
      input: z.object({ limit: z.number().default(20), since: z.coerce.date().optional() }),
      output: z.array(Incident),
    }),
    find: query({ input: z.string().optional(), output: Incident.nullable() }),
    acknowledge: mutation({
      input: z.object({ id: z.string() }),
      output: Incident,
      errors: {
        ALREADY_ACKNOWLEDGED: z.object({ by: z.string(), at: z.date() }),
        NO_SUCH_INCIDENT: z.object({ id: z.string() }),
      },
      repeat: "safe",
      deadlineMs: 5_000,
    }),
    changes: subscription({ input: z.object({ id: z.string() }), output: Incident, tracked: true }),
  },
  ticks: subscription({ output: z.number(), overflow: "latest" }),
  timeline: topic({ params: z.object({ id: z.string() }), data: Incident }),
  browser: { page: clientCall({ output: z.boolean() }) },
});
type App = typeof app;

// ---- what an entry is ------------------------------------------------------------------------

// Left out means none, inside contract() and outside alike: not "any", and not what is expected.
holds<Equal<App["ping"], Procedure<"query", undefined, z.ZodDate, {}, false>>>();
holds<Equal<App["ticks"], Procedure<"subscription", undefined, z.ZodNumber, {}, false>>>();
holds<Equal<App["incident"]["changes"]["tracked"], true>>();
holds<Equal<App["incident"]["acknowledge"]["kind"], "mutation">>();
const alone = query({ output: z.date() });
holds<Equal<typeof alone, App["ping"]>>();

// ---- InputOf, OutputOf, ErrorOf --------------------------------------------------------------

holds<Equal<InputOf<App["ping"]>, void>>();
holds<Equal<InputOf<App["incident"]["list"]>, { limit?: number | undefined; since?: unknown }>>();
holds<Equal<InputOf<App["incident"]["find"]>, string | undefined>>();
holds<Equal<InputOf<App>["incident"]["acknowledge"], { id: string }>>();
holds<Equal<InputOf<App>["ticks"], void>>();

holds<Equal<OutputOf<App["ping"]>, Date>>();
holds<Equal<OutputOf<App["incident"]["list"]>, Incident[]>>();
holds<Equal<OutputOf<App>["incident"]["find"], Incident | null>>();
holds<Equal<OutputOf<App["incident"]["changes"]>, TrackedEvent<Incident>>>();
holds<Equal<OutputOf<App>["ticks"], number>>();

holds<Equal<ErrorOf<App["ping"]>, never>>();
holds<
  Equal<
    ErrorOf<App["incident"]["acknowledge"]>,
    | AppError<"ALREADY_ACKNOWLEDGED", { by: string; at: Date }>
    | AppError<"NO_SUCH_INCIDENT", { id: string }>
  >
>();
holds<Equal<ErrorOf<App>["incident"]["list"], never>>();
holds<
  Equal<
    ErrorOf<App>["incident"]["acknowledge"]["code"],
    "ALREADY_ACKNOWLEDGED" | "NO_SUCH_INCIDENT"
  >
>();

// ---- RouterOf --------------------------------------------------------------------------------

type Inputs = inferRouterInputs<RouterOf<App>>;
type Outputs = inferRouterOutputs<RouterOf<App>>;
holds<Equal<Inputs["ping"], void>>();
holds<Equal<Inputs["incident"]["acknowledge"], { id: string }>>();
holds<Equal<Inputs["incident"]["find"], string | undefined | void>>();
holds<Equal<Outputs["ping"], Date>>();
holds<Equal<Outputs["incident"]["list"][number]["watchers"], Set<string>>>();
holds<Equal<Outputs["ticks"], AsyncIterable<number, void, unknown>>>();
holds<
  Equal<Outputs["incident"]["changes"], AsyncIterable<TrackedEvent<Incident>, void, unknown>>
>();
// A topic is four procedures; client calls are not the server's to answer.
holds<
  Equal<
    keyof RouterOf<App>["_def"]["record"]["timeline"],
    "live" | "history" | "publish" | "presence"
  >
>();
holds<Equal<keyof RouterOf<App>["_def"]["record"]["browser"], never>>();
holds<
  Equal<RouterOf<App, { user: string }>["_def"]["_config"]["$types"]["ctx"], { user: string }>
>();

// ---- schemas of other libraries --------------------------------------------------------------

const Person = v.object({ name: v.pipe(v.string(), v.trim()), born: v.date() });
const people = contract({
  find: query({
    input: v.object({ limit: v.optional(v.number(), 10) }),
    output: v.array(Person),
    errors: { TOO_MANY: v.object({ max: v.number() }) },
  }),
});
holds<Equal<InputOf<typeof people>["find"], { limit?: number | undefined }>>();
holds<Equal<OutputOf<typeof people>["find"], { name: string; born: Date }[]>>();
holds<Equal<ErrorOf<typeof people>["find"], AppError<"TOO_MANY", { max: number }>>>();
holds<Equal<SchemaInput<z.ZodCodec<z.ZodString, z.ZodDate>>, string>>();
holds<Equal<SchemaOutput<z.ZodCodec<z.ZodString, z.ZodDate>>, Date>>();

// ---- errors ----------------------------------------------------------------------------------

type Shape = ShapeOf<App["incident"]["acknowledge"]["errors"]>;
declare const failed: { readonly data: Shape["data"] } | undefined;
declare const undeclared: { readonly data?: ErrorShapeData<BuiltinAppError> | null };
declare const caught: unknown;

if (isDeclared(failed, "ALREADY_ACKNOWLEDGED")) {
  holds<Equal<typeof failed.data.app.data, { by: string; at: Date }>>();
  holds<Equal<typeof failed.data.app.code, "ALREADY_ACKNOWLEDGED">>();
  // tRPC's own part is still there.
  failed.data.httpStatus satisfies number;
  // @ts-expect-error `id` travels with NO_SUCH_INCIDENT, not with this one
  failed.data.app.data.id;
}
if (isDeclared(failed, "RATE_LIMITED")) failed.data.app.data.retryAfterMs satisfies number;
if (isDeclared(undeclared, "DEADLINE_EXCEEDED")) undeclared.data.app.data.deadlineMs.toFixed();
// @ts-expect-error nobody declares this code
isDeclared(failed, "NO_SUCH_CODE");
// @ts-expect-error the code is another procedure's
isDeclared(undeclared, "ALREADY_ACKNOWLEDGED");
// @ts-expect-error anything may have been caught: there is no code to choose from
isDeclared(caught, "ALREADY_ACKNOWLEDGED");
// @ts-expect-error before it is narrowed, `app` may be missing, or of any code
failed?.data.app.data.by;
// @ts-expect-error a code that tRPC does not have
({ message: "", code: -1, data: { code: "TEAPOT", httpStatus: 418 } }) satisfies ErrorShape<never>;

// ---- what can not be written in a contract ---------------------------------------------------

// @ts-expect-error an output is required
query({ input: z.string() });
// @ts-expect-error a type is not a schema
query({ output: String });
// @ts-expect-error neither is a shape
query({ output: { id: z.string() } });
// @ts-expect-error an input that is no schema
query({ input: "string", output: z.string() });
// @ts-expect-error a misspelt option
query({ output: z.string(), ouput: z.string() });
// @ts-expect-error Tautline's own codes can not be declared again
mutation({ output: z.string(), errors: { OUTCOME_UNKNOWN: z.object({}) } });
// @ts-expect-error one of them beside one that is free
mutation({ output: z.string(), errors: { GONE: z.object({}), INTERNAL: z.object({}) } });
// @ts-expect-error an error's data needs a schema
mutation({ output: z.string(), errors: { GONE: true } });
// @ts-expect-error only mutations can be repeated
query({ output: z.string(), repeat: "safe" });
// @ts-expect-error a policy that does not exist
mutation({ output: z.string(), repeat: "always" });
// @ts-expect-error only subscriptions are tracked
query({ output: z.string(), tracked: true });
// @ts-expect-error only subscriptions overflow
mutation({ output: z.string(), overflow: "latest" });
// @ts-expect-error a policy that does not exist
subscription({ output: z.string(), overflow: "drop-newest" });
// @ts-expect-error a subscription has no deadline
subscription({ output: z.string(), deadlineMs: 5_000 });
// @ts-expect-error a deadline is a number of milliseconds
query({ output: z.string(), deadlineMs: "5s" });
// @ts-expect-error a schema is not an entry
contract({ name: z.string() });
// @ts-expect-error nor is a function
contract({ incident: { list: () => [] } });
// @ts-expect-error nor is text
contract({ incident: { list: "query" } });
// @ts-expect-error a revision is a number
contract({}, { revision: "7" });
