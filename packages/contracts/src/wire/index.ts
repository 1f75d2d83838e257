/** The wire: what PROTOCOL.md describes. For the two ends, and for authors of adapters. */
export { CloseCode, endsSession, mayReconnect } from "./close-code.js";
export {
  checkJson,
  checkJsonValue,
  holdsProtoKey,
  type JsonLimits,
  mayHoldProtoKey,
  protoKeyRefusal,
} from "./json-guard.js";
export { defaultLimits, type Limits, resolveLimits, type ToldLimits } from "./limits.js";
export {
  type Ack,
  type Auth,
  type Cancel,
  type ClientMessage,
  type ConnectionParams,
  type Credentials,
  type Credit,
  type Failure,
  type FailureShape,
  type FirstSending,
  type GoAway,
  type Hello,
  initialCredit,
  type Malformed,
  type Reauth,
  type Reconnect,
  type Request,
  type RequestId,
  type Result,
  readClientMessage,
  type ServerMessage,
  type SessionAsked,
  type SessionGiven,
  type SessionToResume,
  type Stop,
  type Welcome,
} from "./messages.js";
export { guardedSuperjson } from "./superjson-guard.js";
export { defaultToldLimits } from "./told-limits.js";
export {
  type DecodeOptions,
  decodeValue,
  type EncodedValue,
  encodeValue,
  readValue,
  stringifyValue,
  ValueCodecError,
} from "./value-codec.js";
export {
  chooseDialect,
  type Dialect,
  type DialectChoice,
  fullDialectProtocol,
  protocolVersion,
} from "./version.js";
