/** A refusal, said where it was asked for. */
import { AlertIcon, InfoIcon } from "../ui/icons.js";
import type { Refusal } from "./refusal.js";

export function Notice({
  refusal,
  onSee,
  onRetry,
}: {
  refusal: Refusal;
  onSee?: (number: number) => void;
  onRetry?: () => void;
}) {
  const { tone, text, see, retry } = refusal;
  return (
    <div className="notice" data-tone={tone} role="alert">
      {tone === "bad" ? <AlertIcon /> : <InfoIcon />}
      <p>{text}</p>
      {see !== undefined && onSee && (
        <button type="button" className="button small" onClick={() => onSee(see)}>
          Go there
        </button>
      )}
      {retry && onRetry && (
        <button type="button" className="button small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
