/** The form that opens an incident. */
import { useMutation } from "@tanstack/react-query";
import type { InputOf } from "@tautline/contracts";
import { useEffect, useRef, useState } from "react";
import type { incidents } from "../../contract.js";
import { type Service, type Severity, services, severities } from "../../vocabulary.js";
import { useTRPC } from "../line/tautline.js";
import { useLineStory } from "../line/use-line.js";
import { serviceNames, severityMeanings, severityNames } from "../ui/badges.js";
import { Dialog } from "../ui/dialog.js";
import { goTo } from "../ui/route.js";
import { useToast } from "../ui/toasts.js";
import { Notice } from "./notice.js";
import { refusalOf } from "./refusal.js";
import { useAbsorb } from "./use-absorb.js";

/** What is sent to open an incident. */
export type Draft = InputOf<(typeof incidents)["incident"]["open"]>;

export function NewIncident({
  service,
  onClose,
}: {
  service: Service | null;
  onClose: () => void;
}) {
  const trpc = useTRPC();
  const { state } = useLineStory();
  const toast = useToast();
  const absorb = useAbsorb();
  const [draft, setDraft] = useState<Draft>(() => ({
    // Chosen here, once: however often this form is sent, it opens one incident.
    id: crypto.randomUUID(),
    title: "",
    service: service ?? "api-gateway",
    severity: "sev3",
  }));
  // Sent while the line was down, it is answered when this form is long gone.
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const later = (text: string, number?: number) => {
    const go = number !== undefined && { label: "Go there", run: () => goTo(number) };
    toast({ tone: "news", text, ...(go && { action: go }) });
  };
  const open = useMutation(
    trpc.incident.open.mutationOptions({
      onSuccess(incident) {
        absorb(incident);
        const { number } = incident;
        if (!here.current) return later(`INC-${number} was delivered and is open.`, number);
        goTo(number);
        onClose();
      },
      onError(error, sent) {
        if (here.current) return;
        const { text, see } = refusalOf(error.data?.app, new Date());
        later(`“${sent.title}” was not opened. ${text}`, see);
      },
    }),
  );
  const refusal = open.error && refusalOf(open.error.data?.app, new Date(open.submittedAt));
  const tooShort = draft.title.trim().length < 3;
  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    open.reset();
  };

  return (
    <Dialog title="Open an incident" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (tooShort || open.isPending) return;
          open.mutate(draft);
          if (state !== "open") onClose(); // the list shows that it is on the way
        }}
      >
        <label className="field">
          <span>What is broken?</span>
          <input
            className="input"
            value={draft.title}
            onChange={(event) => change({ title: event.target.value })}
            maxLength={140}
            placeholder="Orders stuck in “confirming”"
            data-first
            required
          />
        </label>
        <label className="field">
          <span>Where?</span>
          <select
            className="input"
            value={draft.service}
            onChange={(event) => change({ service: event.target.value as Service })}
          >
            {services.map((each) => (
              <option key={each} value={each}>
                {serviceNames[each]}
              </option>
            ))}
          </select>
        </label>
        <fieldset className="field">
          <legend>How bad is it?</legend>
          <div className="severity-choice">
            {severities.map((each) => (
              <label key={each} data-severity={each}>
                <input
                  type="radio"
                  name="severity"
                  value={each}
                  checked={draft.severity === each}
                  onChange={() => change({ severity: each as Severity })}
                />
                <strong>{severityNames[each]}</strong>
                <span>{severityMeanings[each]}</span>
              </label>
            ))}
          </div>
        </fieldset>
        {refusal && (
          <Notice
            refusal={refusal}
            onSee={(number) => {
              goTo(number);
              onClose();
            }}
          />
        )}
        <div className="form-end">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={tooShort || open.isPending}>
            {open.isPending ? "Opening…" : refusal?.retry ? "Try again" : "Open incident"}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
