/** The line in a nutshell, where there is no room for its panel. */
import { stateNames } from "./panel.js";
import { useLineStory } from "./use-line.js";

export function LineChip({ open }: { open: () => void }) {
  const { state, roundTripMs: ms } = useLineStory();
  return (
    <button type="button" className="line-chip only-narrow" data-state={state} onClick={open}>
      <svg width="26" height="14" viewBox="0 0 26 14" aria-hidden="true">
        <path d={state === "open" ? "M2 7h22" : "M2 4q11 14 22 0"} />
      </svg>
      {state === "open" && ms !== null ? `${Math.max(1, Math.round(ms))} ms` : stateNames[state]}
      <span className="unseen">: the line</span>
    </button>
  );
}
