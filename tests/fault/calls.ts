/** Calls of the clients under fault: made, and noted with what their callers were told. */
import { codeOf, count, type Notebook } from "./notebook.js";
import type { Peer } from "./peer.js";
import { lettersOf } from "./service.js";

/** The procedures that are called. */
export type CallName = "append" | "appendAgain" | "slow" | "echo" | "letters";

/** How a call is made. */
export interface CallOptions {
  /** Of `slow`. */
  readonly ms?: number;
  /** Of `letters`. */
  readonly letters?: number;
  readonly deadlineMs?: number;
}

// What these say is that nothing has run. Any other failure of a mutation leaves it open.
const notRun = new Set([
  "NOT_SENT",
  "NOT_RECORDED",
  "RATE_LIMITED",
  "TOO_MANY_CALLS",
  "INVALID_INPUT",
  "CLOSED",
  "UNAUTHORIZED",
]);

/** Makes a call, and notes what comes of it. */
export async function call(book: Notebook, peer: Peer, path: CallName, options: CallOptions = {}) {
  const { ms = 0, letters = 0, deadlineMs = peer.deadlineMs } = options;
  const name = `${peer.name}/${++peer.calls}`;
  const { api, user } = peer;
  const { history, outcomes } = book;
  const repeat = path === "appendAgain" ? "safe" : /echo|letters/.test(path) ? "query" : "never";
  outcomes[path] ??= {};
  const tally = outcomes[path];
  history.noteNow({ kind: "invoke", call: name, path, repeat, deadlineMs, user });
  book.inFlight++;
  try {
    const given = { deadlineMs };
    const result =
      path === "echo"
        ? await api.echo.query(name, given)
        : path === "letters"
          ? whole(await api.letters.query({ count: letters }, given), letters)
          : path === "slow"
            ? await api.slow.mutate({ call: name, ms }, given)
            : await api[path].mutate({ call: name }, given);
    history.note({ kind: "ok", call: name, result });
    count(tally, "ok");
  } catch (error) {
    const code = codeOf(error);
    const kind = notRun.has(code) ? "fail" : "unknown";
    history.note({ kind, call: name, code });
    count(tally, code);
  } finally {
    book.inFlight--;
    book.changed();
  }
}

/** Says how long a text is, if nothing in it is missing or doubled. */
function whole(text: string, letters: number): number {
  if (text !== lettersOf(letters)) throw new Error("TORN");
  return text.length;
}
