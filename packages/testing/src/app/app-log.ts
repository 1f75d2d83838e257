/**
 * The log of a service in a test. A handler that throws is a line in a log that nobody reads while
 * tests are green; here a warning or an error that no test asked for makes a failure of it.
 */
import type { Logger, LogLevel } from "@tautline/server";

/** One record of the server's log. */
export interface LoggedRecord {
  readonly level: LogLevel;
  /** What it says. */
  readonly message: string;
  /** What it says it of, such as `event`, `path` or `err`. */
  readonly fields: { readonly [name: string]: unknown };
}

/** What the server has logged, over all restarts. */
export interface AppLog {
  /** Every record, in order, debug included. */
  readonly records: readonly LoggedRecord[];
  /**
   * Takes the records of a level: those that were not taken before. A test says with it that it
   * expects them; any others fail `close`.
   *
   * @example
   * const [failure] = app.log.take("error");
   * expect(failure?.fields).toMatchObject({ path: "orders.place" });
   */
  take(level: LogLevel): LoggedRecord[];
}

/** Creates an empty log, and what writes to it. */
export function createAppLog(also: Logger | undefined) {
  const records: LoggedRecord[] = [];
  const taken = new Set<LoggedRecord>();

  function writer(level: LogLevel) {
    return (fields: object, message: string) => {
      records.push({ level, message, fields: { ...fields } });
      also?.[level](fields, message);
    };
  }

  const logger: Logger = {
    debug: writer("debug"),
    info: writer("info"),
    warn: writer("warn"),
    error: writer("error"),
  };
  const log: AppLog = {
    records,
    take(level) {
      const found = records.filter((record) => record.level === level && !taken.has(record));
      for (const record of found) taken.add(record);
      return found;
    },
  };

  return {
    log,
    logger,
    /** What nobody took, as an error; nothing if there is nothing, and then it is taken. */
    complaint(from: "warn" | "error" | "never"): Error | undefined {
      if (from === "never") return undefined;
      const left = [...(from === "warn" ? log.take("warn") : []), ...log.take("error")];
      if (left.length === 0) return undefined;
      const sentences = left.map(({ level, message, fields }) => {
        const { err } = fields;
        return `  ${level}: ${message}${err === undefined ? "" : ` (${String(err)})`}`;
      });
      // The first of them: its stack leads to the line that threw.
      const cause = left.find(({ fields }) => fields.err !== undefined)?.fields.err;
      return new Error(
        `The server logged what no test took with app.log.take():\n${sentences.join("\n")}`,
        { cause },
      );
    },
  };
}
