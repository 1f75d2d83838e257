/**
 * Logging: pino's interface, so that pino, or anything shaped like it, is passed in as it is.
 */

/** Writes one record: fields first, then a sentence. */
export type LogMethod = (fields: object, message: string) => void;

/** How loud a record is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Where a server writes what its operator should know. pino fits. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

// Enough to recognise a sentence by.
const quotedLength = 200;

/** Words that a client chose, or had a hand in, cut so that they can not fill a log. */
export function quoted(text: string): string {
  if (text.length <= quotedLength) return text;
  // By way of a buffer: a slice would keep the whole text in memory for as long as it lives itself.
  return `${Buffer.from(text.slice(0, quotedLength), "utf16le").toString("utf16le")}…`;
}

/** Where nobody reads. Known by identity, so that what would go there need not be made. */
export const silent: LogMethod = () => {};

/** Warnings and errors on the console; the quieter levels go nowhere. */
export const consoleLogger: Logger = {
  debug: silent,
  info: silent,
  warn: (fields, message) => console.warn(`[tautline] ${message}`, fields),
  error: (fields, message) => console.error(`[tautline] ${message}`, fields),
};
