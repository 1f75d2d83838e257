/**
 * What the room says when a call is refused. The errors are the ones the contract declares and
 * Tautline's own, as one union: a code added to the contract does not compile until it has words.
 */
import type { BuiltinAppError, ErrorOf } from "@tautline/contracts";
import type { incidents } from "../../contract.js";
import type { Mark } from "../../domain.js";
import { span } from "../ui/time.js";

type Calls = (typeof incidents)["incident"];

/** Everything that can be in `error.data.app` of a call about an incident. */
export type Refused = BuiltinAppError | ErrorOf<Calls[Exclude<keyof Calls, "changes">]>;

/** A refusal in words. */
export interface Refusal {
  /** `news`: somebody was faster, nothing is wrong. `bad`: it did not work. */
  readonly tone: "news" | "bad";
  readonly text: string;
  /** The number of another incident worth looking at. */
  readonly see?: number;
  /** Whether doing it again may help. Everything here is safe to do again. */
  readonly retry: boolean;
}

/**
 * Puts a refusal into words.
 *
 * @param clickedAt when the visitor asked for it, which may be long before it was refused.
 */
export function refusalOf(refused: Refused | undefined, clickedAt: Date): Refusal {
  const news = (text: string, see?: number): Refusal => ({
    tone: "news",
    text,
    retry: false,
    ...(see !== undefined && { see }),
  });
  const bad = (text: string, retry: boolean): Refusal => ({ tone: "bad", text, retry });

  switch (refused?.code) {
    case "ALREADY_ACKNOWLEDGED":
      return news(faster("acknowledged", refused.data, clickedAt));
    case "ALREADY_RESOLVED":
      return news(faster("resolved", refused.data, clickedAt));
    case "DUPLICATE_TITLE":
      return news(`INC-${refused.data.number} is open with this title.`, refused.data.number);
    case "INCIDENT_NOT_FOUND":
      return bad(`There is no incident ${refused.data.asked} in this room.`, false);

    case "NOT_SENT":
    case "CLOSED":
      return bad("The line was down, so this was not sent. Nothing was changed.", true);
    case "DEADLINE_EXCEEDED":
      return bad("No answer in time. Trying again is safe: it is never done twice.", true);
    case "OUTCOME_UNKNOWN":
    case "STREAM_LOST":
      return bad("The answer was lost. Trying again is safe: it is never done twice.", true);
    case "NOT_RECORDED":
      return bad("The server could not take this on. Nothing was changed.", true);
    case "RESULT_NOT_RETAINED":
      return refused.data.ok
        ? news("This was done before.")
        : bad("This was refused before, and why is not kept any more.", false);
    case "REQUEST_ID_CONFLICT":
    case "STALE":
      return bad("The server took this for something else. Reload the page.", false);
    case "RATE_LIMITED":
    case "TOO_MANY_CALLS":
    case "OVERFLOW":
      return bad("Too much at once. Give it a moment.", true);
    case "INVALID_INPUT":
      return bad(refused.data.issues[0]?.message ?? "The server did not accept this.", false);
    case "PAYLOAD_TOO_LARGE":
      return bad("This is too long to send.", false);
    case "CONTRACT_MISMATCH":
      return bad("This page and the server are of different versions. Reload the page.", false);
    case "INTERNAL":
      return bad(
        `Something failed on the server (its log has it as ${refused.data.incidentId}).`,
        true,
      );
    case "CANCELLED":
    case undefined:
      return bad("This did not go through.", true);
  }
}

function faster(did: string, { by, at }: Mark, clickedAt: Date): string {
  const seconds = (clickedAt.getTime() - at.getTime()) / 1_000;
  if (seconds < 0) return `${by} ${did} this while yours was waiting for the line.`;
  if (seconds < 1) return `${by} ${did} this a moment before you.`;
  return `${by} ${did} this ${span(seconds)} before you.`;
}
