/**
 * Feeds the story of the line (story.ts) with what really happens: the connection's states, a
 * ping every few seconds, and the answers to what was asked.
 */
import type { QueryClient } from "@tanstack/react-query";
import type { Client, Connection, ConnectionState } from "@tautline/client";
import { appErrorOf, appErrors } from "@tautline/contracts";
import type { incidents } from "../../contract.js";
import { type LineEvent, type LineStory, tell, untold } from "./story.js";

/** One ping in so many milliseconds: enough to draw a curve, too few to be seen in a profile. */
const pingEveryMs = 4_000;
/** The first one after a connection waits until the rush of its first calls is over. */
const firstPingAfterMs = 300;

/** What {@link createStoryteller} makes. */
export type Storyteller = ReturnType<typeof createStoryteller>;

/** Watches `connection` and what goes over it until `stop` is called. */
export function createStoryteller({
  api,
  connection,
  queryClient,
}: {
  api: Client<typeof incidents>;
  connection: Connection;
  queryClient: QueryClient;
}) {
  let story: LineStory = untold;
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setTimeout>;

  function happened(event: LineEvent) {
    const before = story;
    story = tell(story, event);
    if (story === before) return;
    for (const listener of listeners) listener();
  }

  async function ping() {
    timer = setTimeout(ping, pingEveryMs);
    const roundTripMs = await connection.ping().catch(() => undefined); // lost: its state says so
    if (roundTripMs !== undefined) happened({ type: "pong", roundTripMs });
  }

  async function greet() {
    const server = await api.line.server.query().catch(() => undefined);
    if (server) happened({ type: "greeted", ...server, at: new Date() });
  }

  let resumes = 0;
  function enter(next: ConnectionState) {
    happened(toEvent(next, connection.stats.resumes > resumes));
    ({ resumes } = connection.stats);
    clearTimeout(timer);
    if (next.name !== "open") return;
    timer = setTimeout(ping, firstPingAfterMs);
    greet();
  }
  enter(connection.state);
  const unsubscribe = connection.subscribe(enter);

  const unwatch = queryClient.getMutationCache().subscribe(({ type, mutation }) => {
    if (type !== "updated" || mutation === undefined) return;
    const { status, error, submittedAt } = mutation.state;
    if (status !== "success" && status !== "error") return;
    const answered = status === "success" || isAnswer(error);
    happened({ type: "settled", madeAt: new Date(submittedAt), answered });
  });

  return {
    happened,
    current: () => story,
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      clearTimeout(timer);
      unsubscribe();
      unwatch();
    },
  };
}

function toEvent({ name }: ConnectionState, resumed: boolean): LineEvent {
  const at = new Date();
  if (name === "open") return { type: "state", state: name, resumed, at };
  // Idle until the first call, which is at once.
  return { type: "state", state: name === "idle" ? "connecting" : name, at };
}

/** Whether an error is one that the contract declares: a refusal, but an answer. */
function isAnswer(error: unknown): boolean {
  const code = appErrorOf(error)?.code;
  return code !== undefined && !(code in appErrors);
}
