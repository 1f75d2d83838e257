/** Subscriptions of the clients under fault: made, and noted with all that their handlers got. */
import { codeOf, count, type Notebook, type Position } from "./notebook.js";
import type { Peer } from "./peer.js";
import { logName } from "./service.js";

/** The streams there are. */
export type StreamName = "ticks" | "pages" | "log";

/** How a stream is followed. */
export interface FollowOptions {
  /** Whether to follow anew, as another subscriber, when it was lost. */
  readonly again?: boolean;
  /** The number of the last tick. */
  readonly last?: number;
  /** Time a reader of pages takes for each. */
  readonly pauseMs?: number;
}

/** Follows a stream, and notes what it is told. */
export function follow(book: Notebook, peer: Peer, what: StreamName, options: FollowOptions) {
  const { history, following, lost, changed } = book;
  const subscriber = `${peer.name}/${what}-${++peer.follows}`;
  const { user } = peer;
  const isLog = what === "log";
  const stream = isLog ? logName : subscriber;
  const from = isLog ? { from: { epoch: logName, offset: 0 } } : {};
  history.noteNow({ kind: "subscribe", subscriber, stream, user, ...from });
  const position: Position = { stream };
  following.set(subscriber, position);

  function receive(epoch: string, offset: number, payload: number) {
    history.note({ kind: "receive", subscriber, epoch, offset, payload });
    Object.assign(position, { epoch, offset });
    changed();
  }
  function end() {
    following.delete(subscriber);
    changed();
  }
  const ends = {
    onError(error: unknown) {
      const code = codeOf(error);
      history.note({ kind: "lost", subscriber, code });
      count(lost, code);
      end();
      if (options.again) follow(book, peer, what, options);
    },
    onComplete() {
      history.note({ kind: "ended", subscriber });
      end();
    },
  };
  if (isLog) {
    peer.api.log.subscribe(undefined, {
      ...ends,
      onData: ({ data }) => receive(logName, data.n, data.check),
    });
  } else if (what === "ticks") {
    const { last } = options;
    const input = { subscriber, ...(last === undefined ? {} : { last }) };
    peer.api.ticks.subscribe(input, {
      ...ends,
      onData: ({ run, n, check }) => receive(run, n, check),
    });
  } else void read(peer, subscriber, receive, ends, options);
}

/** Follows pages at the reader's own pace. */
async function read(
  { api }: Peer,
  subscriber: string,
  receive: (epoch: string, offset: number, payload: number) => void,
  ends: { onError(error: unknown): void; onComplete(): void },
  { pauseMs = 0 }: FollowOptions,
) {
  try {
    for await (const { run, n, check } of api.pages.subscribe({ subscriber })) {
      receive(run, n, check);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    ends.onComplete();
  } catch (error) {
    ends.onError(error);
  }
}
