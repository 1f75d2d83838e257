/**
 * What a team writes once: the contract. First the names for applications, then those for
 * authors of adapters.
 */
// For authors of servers, clients and adapters.
export { type AnyClientCall, type ClientCall, clientCall, isClientCall } from "./client-call.js";
export {
  type Contract,
  type ContractDraft,
  type ContractEntry,
  type ContractOptions,
  contract,
  entriesOf,
  proceduresOf,
  revisionOf,
} from "./contract.js";
export {
  type AppError,
  type AppErrorCode,
  type AppErrorData,
  appErrorOf,
  appErrors,
  type BuiltinAppError,
  isDeclared,
  mayRetry,
} from "./errors.js";
export { type Fingerprint, fingerprint } from "./fingerprint.js";
export type {
  CallerInput,
  DeclaredError,
  ErrorOf,
  ErrorShape,
  ErrorShapeData,
  EventOf,
  HandlerInput,
  InputOf,
  OutputOf,
  ProcedureOf,
  ProcedureTypes,
  RecordOf,
  RouterOf,
  ShapeOf,
  TrackedEvent,
} from "./infer.js";
export {
  type AnyProcedure,
  type ErrorSchemas,
  isProcedure,
  type MutationOptions,
  mutation,
  type Overflow,
  type Procedure,
  type ProcedureKind,
  type QueryOptions,
  query,
  type Repeat,
  type SubscriptionOptions,
  subscription,
} from "./procedure.js";
export {
  isSchema,
  type RuntimeSchema,
  type Schema,
  type SchemaInput,
  type SchemaIssue,
  type SchemaOutput,
  type SchemaResult,
} from "./schema.js";
export {
  type AnyTopic,
  isTopic,
  type Topic,
  type TopicHistory,
  type TopicOptions,
  topic,
} from "./topic.js";
export { compileValidate, type Validate } from "./validate.js";
