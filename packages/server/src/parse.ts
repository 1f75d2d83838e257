/**
 * Parsing: what comes in and goes out, by the contract's schemas; and what is wrong with it, as it
 * travels.
 */
import { compileValidate, isSchema, type SchemaIssue, type Validate } from "@tautline/contracts";

/**
 * The validation of `schema`; `undefined` accepts anything and yields `undefined`, as a procedure
 * without input does.
 */
export function compileParse(schema: unknown): Validate {
  return isSchema(schema) ? compileValidate(schema) : () => ({ value: undefined });
}

// More than any form shows. A list of a hundred thousand wrong values must not be answered with as
// many sentences, nor a name of a megabyte with itself, once for each value under it.
const maxIssues = 100;
const maxMessageLength = 500;
const maxNameLength = 100;

/** Issues as they travel: the first hundred, cut short, with paths of names and indexes only. */
export function toPlainIssues(issues: readonly SchemaIssue[]) {
  return issues.slice(0, maxIssues).map(({ message, path = [] }) => ({
    message: cut(message, maxMessageLength),
    path: path.map((step) => {
      const key = typeof step === "object" ? step.key : step;
      return typeof key === "number" ? key : cut(String(key), maxNameLength);
    }),
  }));
}

function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}
