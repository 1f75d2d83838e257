/**
 * What the sender of a mutation is told instead of an answer. Each says exactly what is known:
 * never a plain failure for something that may have happened. PROTOCOL.md §6.2
 */
import { appError } from "../../errors.js";
import type { TRPCError } from "../../trpc.js";
import type { Decision } from "./decide.js";
import type { Answer, RequestRecord } from "./store.js";

/** Why nobody knows: the store was asked for what was sent before, and failed. */
export const storeIsSilent = "It was sent before, and the store of request records does not tell";

/** A later attempt has fenced this one off: its answer is the one that counts. */
export function answerOfLater(stored: RequestRecord | "stale" | undefined): Answer {
  if (typeof stored !== "object" || stored.state === "RUNNING") {
    throw outcomeUnknown("Another server runs it again");
  }
  if (stored.answer !== null) return stored.answer;
  throw notRetained(stored.state === "DONE");
}

/** The error of a refusal. */
export function toRefusal(decision: Extract<Decision, { readonly name: "refuse" }>): TRPCError {
  switch (decision.code) {
    case "STALE":
      return appError("STALE", undefined, "The client has said that it has this answer already");
    case "REQUEST_ID_CONFLICT":
      return appError("REQUEST_ID_CONFLICT", undefined, "This id stands for another mutation");
    case "RESULT_NOT_RETAINED":
      return notRetained(decision.ok);
    case "OUTCOME_UNKNOWN":
      return outcomeUnknown("It was sent before, and nobody knows what came of it");
  }
}

/** It ran. */
function notRetained(ok: boolean): TRPCError {
  const end = ok ? "It ran" : "It ran and failed";
  return appError("RESULT_NOT_RETAINED", { ok }, `${end}; its answer is not kept`);
}

/** It may have run. */
export function outcomeUnknown(message: string): TRPCError {
  return appError("OUTCOME_UNKNOWN", undefined, message);
}

/** This sending of it was not run, for certain. */
export function notRecorded(message: string): TRPCError {
  return appError("NOT_RECORDED", undefined, message);
}
