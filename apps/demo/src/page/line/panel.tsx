/**
 * The line itself, for those who want to know: its state, its figures, two ways to break it, and a
 * load to break it under.
 */
import { useIsMutating } from "@tanstack/react-query";
import { isDeclared, safe } from "@tautline/client";
import type { ReactNode } from "react";
import { ProofPanel, useProof } from "../proof/panel.js";
import { CutIcon, PowerIcon, StartIcon, StopIcon } from "../ui/icons.js";
import { useNow } from "../ui/now.js";
import { clockTime, duration } from "../ui/time.js";
import { useToast } from "../ui/toasts.js";
import { Rope } from "./rope.js";
import { type LineState, wordsFor } from "./story.js";
import { useApi, useConnection, useConnectionStats } from "./tautline.js";
import { useLine, useLineStory } from "./use-line.js";

/** How long the network stays cut, in seconds: long enough to do something meanwhile. */
const cutSeconds = 5;

export const stateNames: Record<LineState, string> = {
  connecting: "Connecting",
  open: "Open",
  waiting: "Waiting",
  resuming: "Resuming",
  closed: "Closed",
};

/** @param titled Whether it says itself what it is, or stands in something that does. */
export function LinePanel({ titled = true }: { titled?: boolean }) {
  const api = useApi();
  const { state: connection } = useConnection();
  const { story: storyteller, load } = useLine();
  const { phase, onTheWay } = useProof();
  const story = useLineStory();
  const waiting = useIsMutating() + onTheWay;
  const now = useNow();
  const toast = useToast();
  const { state, roundTripMs, server } = story;
  const { resumes, messagesRepeated, ...traffic } = useConnectionStats();
  const isLoaded = phase === "running" || phase === "finishing";

  async function cut() {
    storyteller.happened({ type: "cut", forMs: cutSeconds * 1_000, at: new Date() });
    const [, error] = await safe(api.line.cut.mutate({ seconds: cutSeconds }));
    if (error) toast({ tone: "bad", text: "The network was not cut." });
  }

  async function kill() {
    if (server) storyteller.happened({ type: "kill", pid: server.pid, at: new Date() });
    const [, error] = await safe(api.line.restart.mutate());
    // The answer may be lost with the server that is killed: then it worked.
    if (!error || isDeclared(error, "OUTCOME_UNKNOWN")) return;
    toast({ tone: "bad", text: "The server was not killed." });
  }

  return (
    <section className="line-panel" aria-label="The line">
      <header>
        {titled && <h2>The line</h2>}
        <output className="line-state" data-state={state} data-testid="line-state">
          {stateNames[state]}
        </output>
      </header>
      <Rope state={state} pulse={story.pongs} />
      <div className="line-buttons">
        <LineButton enabled={phase !== "finishing"} onClick={isLoaded ? load.stop : load.start}>
          {isLoaded ? <StopIcon /> : <StartIcon />}
          {isLoaded ? "Stop the load" : "Start the load"}
        </LineButton>
        <LineButton enabled={state === "open"} onClick={cut}>
          <CutIcon />
          Cut {cutSeconds} s
        </LineButton>
        <LineButton enabled={state === "open"} onClick={kill}>
          <PowerIcon />
          Kill the server
        </LineButton>
      </div>
      <ProofPanel />
      <ol className="line-log" aria-label="What happened to the line">
        {story.log.slice(0, 3).map((item) => (
          <li key={`${item.kind}${item.at.getTime()}`} data-kind={item.kind}>
            <time dateTime={item.at.toISOString()}>{clockTime(item.at, true)}</time>
            <span>{wordsFor(item)}</span>
          </li>
        ))}
      </ol>
      <dl className="figures">
        <Figure
          name="Session age"
          value={story.sessionSince ? duration(now.getTime() - story.sessionSince.getTime()) : "–"}
        />
        <Figure name="Resumes" value={String(resumes)} />
        <Figure name="Messages repeated" value={String(messagesRepeated)} />
        {connection.name === "waiting" || connection.name === "resuming" ? (
          <Figure name="Next try after" value={milliseconds(connection.delayMs)} />
        ) : (
          <Figure name="Round trip" value={state === "open" ? milliseconds(roundTripMs) : "–"} />
        )}
        <Figure name="Reconnects" value={String(story.reconnects)} />
        <Figure name="Received" value={amount(traffic.framesIn, traffic.charactersIn)} />
        <Figure name="Sent" value={amount(traffic.framesOut, traffic.charactersOut)} />
        <Figure name="Waiting to go out" value={state === "open" ? "0" : String(waiting)} />
        <Figure name="Server process" value={server ? String(server.pid) : "–"} />
      </dl>
    </section>
  );
}

/** Keeps the focus while it has no effect: what it did to the line is over in seconds. */
function LineButton({
  enabled,
  onClick,
  children,
}: {
  enabled: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className="button"
      aria-disabled={!enabled}
      onClick={enabled ? onClick : undefined}
    >
      {children}
    </button>
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
function amount(frames: number, characters: number): string {
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
