/** Where comments are written. */
import { useMutation } from "@tanstack/react-query";
import type { InputOf } from "@tautline/contracts";
import { useRef, useState } from "react";
import type { incidents } from "../../contract.js";
import type { Incident } from "../../domain.js";
import { useTRPC } from "../line/tautline.js";
import { useKeys } from "../ui/keys.js";
import { useToast } from "../ui/toasts.js";
import { refusalOf } from "./refusal.js";
import { useAbsorb } from "./use-absorb.js";

/** What is sent to comment. */
export type Comment = InputOf<(typeof incidents)["incident"]["comment"]>;

export function Composer({ incident }: { incident: Incident }) {
  const trpc = useTRPC();
  const toast = useToast();
  const absorb = useAbsorb();
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const comment = useMutation(
    trpc.incident.comment.mutationOptions({
      onSuccess: absorb,
      onError(error, input) {
        const { text: words, retry } = refusalOf(error.data?.app, new Date());
        const again = { label: "Try again", run: () => comment.mutate(input) };
        toast({ tone: "bad", text: `Comment: ${words}`, ...(retry && { action: again }) });
      },
    }),
  );
  useKeys({
    m: (event) => {
      event.preventDefault(); // or the comment begins with an m
      field.current?.focus();
    },
  });

  function send() {
    const trimmed = text.trim();
    if (!trimmed) return;
    // The id is chosen here: sent again after a lost answer, it is still one comment.
    comment.mutate({ id: incident.id, entryId: crypto.randomUUID(), text: trimmed });
    setText("");
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        className="input"
        rows={1}
        value={text}
        maxLength={2_000}
        placeholder="Say what you see…"
        aria-label="Comment"
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
          if (event.key === "Escape") {
            event.preventDefault(); // only leaves the field; the next one closes the incident
            event.currentTarget.blur();
          }
        }}
      />
      <button type="submit" className="button primary" disabled={!text.trim()}>
        Comment
      </button>
    </form>
  );
}
