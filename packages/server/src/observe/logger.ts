/**
 * Logging: pino's interface, so that pino, or anything shaped like it, is passed in as it is.
 */

/** Writes one record: fields first, then a sentence. */
export type LogMethod = (fields: object, message: string) => void;

/** Where a server writes what its operator should know. pino fits. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** Warnings and errors on the console; the quieter levels go nowhere. */
export const consoleLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => console.warn(`[tautline] ${message}`, fields),
  error: (fields, message) => console.error(`[tautline] ${message}`, fields),
};
