/** Says, on top of everything, that the line is down and what that means; quiet while it is open. */
import { useIsMutating } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useNow } from "../ui/now.js";
import { wordsFor } from "./story.js";
import { useLine, useLineStory } from "./use-line.js";

/** A line that is there within this is not worth a banner, in milliseconds. */
const patienceMs = 500;
/** How long the good news stays, in milliseconds. */
const newsMs = 6_000;

export function LineBanner({ signOut }: { signOut: () => void }) {
  const { name } = useLine();
  const story = useLineStory();
  const waiting = useIsMutating();
  const now = useNow();
  const [patient, setPatient] = useState(true);
  const { state, lostAt } = story;
  const down = state !== "open";

  useEffect(() => {
    setPatient(true);
    if (!down) return;
    const timer = setTimeout(() => setPatient(false), patienceMs);
    return () => clearTimeout(timer);
  }, [down]);

  const back = story.log.find((item) => item.kind === "back");
  const news = !down && back && now.getTime() - back.at.getTime() < newsMs;

  return (
    <div className="banner-place" aria-live="polite" role="status" aria-label="Connection">
      {down && !patient && state === "closed" && (
        <div className="banner" data-tone="bad">
          <p>
            <strong>The line is closed.</strong> The server does not let {name} in.
          </p>
          <button type="button" className="button small" onClick={signOut}>
            Sign in again
          </button>
        </div>
      )}
      {down && !patient && state !== "closed" && (
        <div className="banner" data-tone="warn">
          <p>
            <strong>{lostAt ? "The line is down." : "Connecting…"}</strong>{" "}
            {state === "resuming" && "The session is kept. "}
            What you do now waits, and goes out when it is back.
            {waiting > 0 && ` ${waiting} waiting.`}
          </p>
          <Since at={lostAt} now={now} />
        </div>
      )}
      {news && (
        <div className="banner" data-tone="good">
          <p>
            <strong>The line holds.</strong> {wordsFor(back)}
          </p>
        </div>
      )}
    </div>
  );
}

/** Ticks for the eye; a screen reader hears the sentence once, not every second. */
function Since({ at, now }: { at: Date | null; now: Date }) {
  if (!at) return null;
  const seconds = Math.max(0, Math.round((now.getTime() - at.getTime()) / 1_000));
  return (
    <span className="banner-clock" aria-hidden="true">
      {seconds} s
    </span>
  );
}
