/** The line itself, for those who want to know: its state, its figures, and two ways to break it. */
import { useIsMutating } from "@tanstack/react-query";
import { CutIcon, RestartIcon } from "../ui/icons.js";
import { useNow } from "../ui/now.js";
import { clockTime, duration } from "../ui/time.js";
import { useToast } from "../ui/toasts.js";
import { Rope } from "./rope.js";
import { type LineState, wordsFor } from "./story.js";
import { useApi, useConnection, useConnectionStats } from "./tautline.js";
import { useLine, useLineStory } from "./use-line.js";

/** How long the network stays cut, in seconds: long enough to do something meanwhile. */
const cutSeconds = 6;

export const stateNames: Record<LineState, string> = {
  connecting: "Connecting",
  open: "Open",
  waiting: "Waiting",
  closed: "Closed",
};

/** @param titled Whether it says itself what it is, or stands in something that does. */
export function LinePanel({ titled = true }: { titled?: boolean }) {
  const api = useApi();
  const { state: connection } = useConnection();
  const { story: storyteller } = useLine();
  const story = useLineStory();
  const waiting = useIsMutating();
  const now = useNow();
  const toast = useToast();
  const { state, roundTripMs, server } = story;
  const { framesIn, framesOut, charactersIn, charactersOut } = useConnectionStats();

  async function cut() {
    storyteller.happened({ type: "cut", forMs: cutSeconds * 1_000, at: new Date() });
    await api.line.cut.mutate({ seconds: cutSeconds }).catch(failed("The network was not cut."));
  }

  async function restart() {
    if (server) storyteller.happened({ type: "kill", pid: server.pid, at: new Date() });
    await api.line.restart.mutate().catch(failed("The server was not restarted."));
  }

  // The answer may well be lost with the line that it breaks: then it worked.
  const failed = (text: string) => () => {
    if (storyteller.current().state === "open") toast({ tone: "bad", text });
  };

  return (
    <section className="line-panel" aria-label="The line">
      <header>
        {titled && <h2>The line</h2>}
        <output className="line-state" data-state={state} data-testid="line-state">
          {stateNames[state]}
        </output>
      </header>
      <Rope state={state} pulse={story.pongs} />
      <dl className="figures">
        <Figure name="Round trip" value={state === "open" ? milliseconds(roundTripMs) : "–"} />
        {connection.name === "waiting" ? (
          <Figure name="Next try after" value={milliseconds(connection.delayMs)} />
        ) : (
          <Figure
            name="Connected"
            value={story.openSince ? duration(now.getTime() - story.openSince.getTime()) : "–"}
          />
        )}
        <Figure name="Reconnects" value={String(story.reconnects)} />
        <Figure name="Received" value={traffic(framesIn, charactersIn)} />
        <Figure name="Sent" value={traffic(framesOut, charactersOut)} />
        <Figure name="Waiting to go out" value={state === "open" ? "0" : String(waiting)} />
        <Figure name="Server process" value={server ? String(server.pid) : "–"} />
      </dl>
      <div className="line-buttons">
        <button type="button" className="button" disabled={state !== "open"} onClick={cut}>
          <CutIcon />
          Cut the network
        </button>
        <button type="button" className="button" disabled={state !== "open"} onClick={restart}>
          <RestartIcon />
          Restart the server
        </button>
      </div>
      <ol className="line-log" aria-label="What happened to the line">
        {story.log.slice(0, 3).map((item) => (
          <li key={`${item.kind}${item.at.getTime()}`} data-kind={item.kind}>
            <time dateTime={item.at.toISOString()}>{clockTime(item.at, true)}</time>
            <span>{wordsFor(item)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** "842 · 120 kB": frames, and the characters in them. */
function traffic(frames: number, characters: number): string {
  const kilobytes = characters / 1_000;
  const size =
    kilobytes < 1_000 ? `${Math.round(kilobytes)} kB` : `${(kilobytes / 1_000).toFixed(1)} MB`;
  return `${frames.toLocaleString("en-US")} · ${size}`;
}

/** "0.8 ms", "12 ms". */
function milliseconds(ms: number | null): string {
  if (ms === null) return "–";
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
