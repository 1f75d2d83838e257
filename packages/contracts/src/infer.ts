/**
 * From a contract to types. Only types come from `@trpc/server`: nothing of the server is in a
 * client's bundle. Every mapped type here is a plain record over the contract's keys; anything
 * cleverer costs each app that imports the contract (bench/types keeps the count).
 */
import type {
  TRPC_ERROR_CODE_KEY,
  TRPC_ERROR_CODE_NUMBER,
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from "@trpc/server";
import type { AnyClientCall } from "./client-call.js";
import type { AppError, BuiltinAppError } from "./errors.js";
import type { AnyProcedure, ErrorSchemas, Procedure } from "./procedure.js";
import type { Schema, SchemaInput, SchemaOutput } from "./schema.js";
import type { AnyTopic, Topic } from "./topic.js";

/** What a caller passes: nothing when the procedure has no input. */
export type CallerInput<Input> = Input extends Schema ? SchemaInput<Input> : void;

/** What a handler receives: the parsed input. */
export type HandlerInput<Input> = Input extends Schema ? SchemaOutput<Input> : undefined;

/** The declared errors of a procedure, as they arrive in `error.data.app`. */
export type DeclaredError<Errors extends ErrorSchemas> = {
  [Code in keyof Errors & string]: AppError<Code, SchemaOutput<Errors[Code]>>;
}[keyof Errors & string];

/** The shape of every error that a call can end with: tRPC's own, and `data.app`. */
export interface ErrorShape<App> {
  readonly message: string;
  readonly code: TRPC_ERROR_CODE_NUMBER;
  readonly data: ErrorShapeData<App>;
}

/** `data` of an {@link ErrorShape}. */
export interface ErrorShapeData<App> {
  readonly code: TRPC_ERROR_CODE_KEY;
  readonly httpStatus: number;
  readonly path?: string;
  readonly stack?: string;
  /** What Tautline or the contract says beyond tRPC's code. */
  readonly app?: App;
}

/** The error shape of a procedure with these declared errors. */
export type ShapeOf<Errors extends ErrorSchemas> = ErrorShape<
  BuiltinAppError | DeclaredError<Errors>
>;

/** One event of a subscription: with its id when it is tracked. */
export type EventOf<Output, Tracked> = Tracked extends true
  ? TrackedEvent<SchemaOutput<Output>>
  : SchemaOutput<Output>;

/** An event from which its subscription can be resumed. */
export interface TrackedEvent<Data> {
  readonly id: string;
  readonly data: Data;
}

/**
 * What a {@link ProcedureOf} says to tRPC. Exported so that an app with `declaration: true` can
 * export a router with a contract's procedure in it: TypeScript has to write this name down.
 */
export interface ProcedureTypes<Input, Output, Shape> {
  input: Input;
  output: Output;
  meta: object;
  errorShape: Shape;
}

/** A procedure of a contract as a tRPC procedure type. */
export type ProcedureOf<P> =
  P extends Procedure<infer Kind, infer Input, infer Output, infer Errors, infer Tracked>
    ? Kind extends "query"
      ? TRPCQueryProcedure<
          ProcedureTypes<CallerInput<Input>, SchemaOutput<Output>, ShapeOf<Errors>>
        >
      : Kind extends "mutation"
        ? TRPCMutationProcedure<
            ProcedureTypes<CallerInput<Input>, SchemaOutput<Output>, ShapeOf<Errors>>
          >
        : TRPCSubscriptionProcedure<
            ProcedureTypes<
              CallerInput<Input>,
              AsyncIterable<EventOf<Output, Tracked>, void, unknown>,
              ShapeOf<Errors>
            >
          >
    : never;

/** A topic as four tRPC procedures: in tRPC a name is a procedure or a router, never both. */
export type TopicRecordOf<T> =
  T extends Topic<infer Params, infer Data, infer Presence>
    ? {
        live: TRPCSubscriptionProcedure<
          ProcedureTypes<
            CallerInput<Params>,
            AsyncIterable<TrackedEvent<SchemaOutput<Data>>, void, unknown>,
            ErrorShape<BuiltinAppError>
          >
        >;
        history: TRPCQueryProcedure<
          ProcedureTypes<
            CallerInput<Params>,
            TrackedEvent<SchemaOutput<Data>>[],
            ErrorShape<BuiltinAppError>
          >
        >;
        publish: TRPCMutationProcedure<
          ProcedureTypes<
            { params: CallerInput<Params>; data: SchemaInput<Data> },
            { position: string },
            ErrorShape<BuiltinAppError>
          >
        >;
        presence: Presence extends Schema
          ? TRPCSubscriptionProcedure<
              ProcedureTypes<
                CallerInput<Params>,
                AsyncIterable<SchemaOutput<Presence>[], void, unknown>,
                ErrorShape<BuiltinAppError>
              >
            >
          : never;
      }
    : never;

/** A contract as a tRPC router record. Client calls are not the server's, so they are left out. */
export type RecordOf<C> = RecordOfNames<C, ServedName<C>>;

type ServedName<C> = {
  [Name in keyof C]: C[Name] extends AnyClientCall ? never : Name;
}[keyof C];

// The names are a parameter of their own because an `as` clause, which could leave names out as
// well, would lose the comments and declarations that editors show.
type RecordOfNames<C, Names extends keyof C> = {
  [Name in Names]: C[Name] extends AnyProcedure
    ? ProcedureOf<C[Name]>
    : C[Name] extends AnyTopic
      ? TopicRecordOf<C[Name]>
      : RecordOf<C[Name]>;
};

/**
 * A contract as a tRPC router type: `createTRPCClient<RouterOf<typeof app>>`,
 * `inferRouterInputs`, `safe` and the TanStack options proxy work on it.
 *
 * `transformer: true` keeps Dates as Dates, and makes links ask for a transformer.
 */
export type RouterOf<C, Ctx extends object = object> = TRPCBuiltRouter<
  { ctx: Ctx; meta: object; errorShape: ErrorShape<BuiltinAppError>; transformer: true },
  RecordOf<C>
>;

/** The inputs of a procedure, or of every procedure of a contract, as callers pass them. */
export type InputOf<T> =
  T extends Procedure<any, infer Input, any, any, any>
    ? CallerInput<Input>
    : { [Name in keyof T]: InputOf<T[Name]> };

/** The outputs of a procedure, or of every procedure of a contract; of a subscription, one event. */
export type OutputOf<T> =
  T extends Procedure<any, any, infer Output, any, infer Tracked>
    ? EventOf<Output, Tracked>
    : { [Name in keyof T]: OutputOf<T[Name]> };

/** The declared errors of a procedure as a union, or of every procedure of a contract. */
export type ErrorOf<T> =
  T extends Procedure<any, any, any, infer Errors, any>
    ? DeclaredError<Errors>
    : { [Name in keyof T]: ErrorOf<T[Name]> };
