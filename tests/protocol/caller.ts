/**
 * The application at the client: does what `@ client …` says, by the public API alone, and
 * compares what it gets. Values are JSON, or superjson's form where that is not enough.
 */
import { connectionOf } from "@tautline/client";
import { appErrorOf } from "@tautline/contracts";
import { until } from "@tautline/testing";
import superjson from "superjson";
import { expect } from "vitest";
import { pattern } from "./frames.js";

/** What a call came to, or one thing that a subscription came to. */
type Outcome = () => Promise<unknown>;

interface Followed {
  readonly outcome: Outcome;
  stop(): void;
}

/** Creates the application for one client; `setToken` is what its `credentials` give from then on. */
export function createCaller(api: object, { setToken }: { setToken(token: string): void }) {
  const followed = new Map<string, Followed>();
  const connection = connectionOf(api);

  /** The procedure at a dotted path of the proxy. */
  function procedureAt(path: string) {
    return path.split(".").reduce((part, name) => part[name], api as any);
  }

  const deeds: readonly (readonly [words: RegExp, run: (...parts: string[]) => void])[] = [
    [/^connects$/, () => connection.connect()],
    [/^closes$/, () => void connection.close()],
    [/^has the token (\S+)$/, (token) => setToken(token!)],
    [
      /^calls (\d+): (query|mutation) (\S+?)(?: (?!with)(.+?))?(?: with key (\S+))?$/,
      (name, kind, path, input, key) => {
        const abort = new AbortController();
        const method = kind === "query" ? "query" : "mutate";
        const { signal } = abort;
        const options = { signal, ...(key !== undefined && { key }) };
        const answer: Promise<unknown> = procedureAt(path!)[method](toValue(input), options);
        answer.catch(() => {}); // looked at later, if the transcript asks
        followed.set(name!, { outcome: () => answer, stop: () => abort.abort() });
      },
    ],
    [
      /^follows (\d+): (\S+)(?: (?!after)(.+?))?(?: after (\S+))?$/,
      (name, path, input, lastEventId) => {
        const options = lastEventId === undefined ? {} : { lastEventId };
        const events: AsyncIterator<unknown> = procedureAt(path!).subscribe(
          toValue(input),
          options,
        );
        const outcome = async () => {
          const { value, done } = await events.next();
          return done ? ended : value;
        };
        followed.set(name!, { outcome, stop: () => void events.return!() });
      },
    ],
    [/^(?:gives up|stops) (\d+)$/, (name) => followed.get(name!)!.stop()],
  ];

  const looks: readonly (readonly [words: RegExp, run: (...parts: string[]) => unknown])[] = [
    [
      /^gets (\d+): (.+)$/,
      async (name, value) => expect(await outcomeOf(name!)).toEqual(toValue(value)),
    ],
    [/^ends (\d+)$/, async (name) => expect(await outcomeOf(name!)).toBe(ended)],
    [
      /^fails (\d+): (\w+)(?: (.+))?$/,
      async (name, code, data) => {
        const error: unknown = await outcomeOf(name!).catch((reason: unknown) => reason);
        const told = appErrorOf(error);
        const found = told?.code ?? (error as { data?: { code?: string } }).data?.code;
        expect(found, String(error)).toBe(code);
        if (data !== undefined) expect(told?.data).toEqual(pattern(JSON.parse(data)));
      },
    ],
    [/^is (\w+)$/, (name) => until(() => connection.state.name === name, { what: `is ${name}` })],
  ];

  // Never longer than a test has: a call that does not settle should be named.
  async function outcomeOf(name: string) {
    let settled: (() => unknown) | undefined;
    followed
      .get(name)!
      .outcome()
      .then(
        (value) => {
          settled = () => value;
        },
        (error: unknown) => {
          settled = () => {
            throw error;
          };
        },
      );
    await until(() => settled, { turns: 300, what: `an outcome of ${name}` });
    return settled!();
  }

  function find<Run>(words: string, table: readonly (readonly [RegExp, Run])[]) {
    for (const [form, run] of table) {
      const found = form.exec(words);
      if (found) return { run, parts: found.slice(1) };
    }
    return undefined;
  }

  return {
    isLook: (words: string) => find(words, looks) !== undefined,
    act(words: string) {
      const deed = find(words, deeds);
      if (deed === undefined) throw new Error(`Nothing an application does: ${words}`);
      deed.run(...deed.parts);
    },
    look(words: string) {
      const { run, parts } = find(words, looks)!;
      return run(...parts);
    },
  };
}

const ended = Symbol("the end");

function toValue(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  const isEncoded = typeof value === "object" && value !== null && "json" in value;
  return isEncoded ? superjson.deserialize(value as never) : value;
}
