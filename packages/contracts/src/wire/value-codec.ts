/**
 * The generic codec: values without a schema, as a client meets them that holds the contract
 * only as a type. Nothing here imports superjson or a validator, so it is all that the browser
 * has to load. PROTOCOL.md §1.1
 */
export { type DecodeOptions, decodeValue, type Restore, restoreValue } from "./value-decode.js";
export {
  type Annotation,
  type AnnotationBranch,
  type AnnotationTree,
  type EncodedValue,
  encodeValue,
  stringifyValue,
} from "./value-encode.js";
export { ValueCodecError } from "./value-error.js";
export { readValue } from "./value-read.js";
