/** One incident: what it is, what can be done about it, and all that happened. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { isDeclared } from "@tautline/client";
import { useEffect, useRef, useState } from "react";
import type { Incident } from "../../domain.js";
import { useTRPC } from "../line/tautline.js";
import { useLineStory } from "../line/use-line.js";
import { Avatar } from "../ui/avatar.js";
import { SeverityBadge, StatusBadge, serviceNames } from "../ui/badges.js";
import { BackIcon, CheckIcon, CloseIcon, HandIcon, LinkIcon } from "../ui/icons.js";
import { useKeys } from "../ui/keys.js";
import { useNow } from "../ui/now.js";
import { isWalking } from "../ui/route.js";
import { duration } from "../ui/time.js";
import { useToast } from "../ui/toasts.js";
import { Composer } from "./composer.js";
import { Notice } from "./notice.js";
import { refusalOf } from "./refusal.js";
import { Timeline } from "./timeline.js";
import { useAbsorb } from "./use-absorb.js";

export function IncidentDetail({ number, close }: { number: number; close: () => void }) {
  const trpc = useTRPC();
  const read = useQuery(trpc.incident.read.queryOptions({ number }, { retry: false }));
  const missing = isDeclared(read.error, "INCIDENT_NOT_FOUND");
  const self = useRef<HTMLElement>(null);
  useEffect(() => {
    // What was opened is where one goes on; on a walk through the list one goes on there.
    if (!isWalking()) self.current?.focus();
  }, []);

  return (
    <aside className="detail" ref={self} tabIndex={-1} aria-label={`INC-${number}`}>
      <header className="detail-head">
        <button type="button" className="button quiet square only-narrow" onClick={close}>
          <BackIcon />
          <span className="unseen">Back to the list</span>
        </button>
        <span className="detail-number">INC-{number}</span>
        <CopyLink />
        <button type="button" className="button quiet square only-wide" onClick={close}>
          <CloseIcon />
          <span className="unseen">Close the incident</span>
        </button>
      </header>
      {read.data && !missing ? (
        <>
          <div className="detail-scroll">
            <Summary incident={read.data.incident} />
            <Actions key={read.data.incident.id} incident={read.data.incident} />
            <Timeline incident={read.data.incident} entries={read.data.timeline} />
          </div>
          <Composer key={read.data.incident.id} incident={read.data.incident} />
        </>
      ) : read.error ? (
        <Unreadable
          missing={missing}
          text={refusalOf(read.error.data?.app, new Date()).text}
          close={close}
          retry={() => read.refetch()}
        />
      ) : (
        <DetailSkeleton />
      )}
    </aside>
  );
}

function Unreadable({
  missing,
  text,
  close,
  retry,
}: {
  missing: boolean;
  text: string;
  close: () => void;
  retry: () => void;
}) {
  return (
    <div className="empty" role="alert">
      <h2>{missing ? "No such incident" : "It could not be read"}</h2>
      <p>{text}</p>
      <button type="button" className="button" onClick={missing ? close : retry}>
        {missing ? "Back to the list" : "Try again"}
      </button>
    </div>
  );
}

function Summary({ incident }: { incident: Incident }) {
  const { title, severity, status, service, opened, acknowledged, resolved } = incident;
  const now = useNow();
  const until = resolved?.at ?? now;
  return (
    <div className="summary">
      <div className="summary-badges">
        <SeverityBadge severity={severity} />
        <StatusBadge status={status} />
      </div>
      <h2>{title}</h2>
      <dl className="facts">
        <div>
          <dt>Service</dt>
          <dd>{serviceNames[service]}</dd>
        </div>
        <div>
          <dt>{resolved ? "Lasted" : "Open for"}</dt>
          <dd className="figure">{duration(until.getTime() - opened.at.getTime())}</dd>
        </div>
        <div>
          <dt>{acknowledged ? "Acknowledged after" : "Acknowledged"}</dt>
          <dd className="figure">
            {acknowledged ? duration(acknowledged.at.getTime() - opened.at.getTime()) : "Not yet"}
          </dd>
        </div>
        <div>
          <dt>Responder</dt>
          <dd>
            {acknowledged || resolved ? (
              <span className="who">
                <Avatar name={(acknowledged ?? resolved)!.by} size={18} />
                {(acknowledged ?? resolved)!.by}
              </span>
            ) : (
              "Nobody"
            )}
          </dd>
        </div>
      </dl>
    </div>
  );
}

function Actions({ incident }: { incident: Incident }) {
  const trpc = useTRPC();
  const { state } = useLineStory();
  const toast = useToast();
  const absorb = useAbsorb();
  const [note, setNote] = useState<string | null>(null);
  const { id, status } = incident;

  const acknowledge = useMutation(
    trpc.incident.acknowledge.mutationOptions({
      onSuccess: absorb,
      onError: (error) =>
        failed(refusalOf(error.data?.app, new Date()), () => acknowledge.mutate({ id })),
    }),
  );
  const resolve = useMutation(
    trpc.incident.resolve.mutationOptions({
      onSuccess(resolved) {
        absorb(resolved);
        setNote(null);
      },
      onError: (error, input) =>
        failed(refusalOf(error.data?.app, new Date()), () => resolve.mutate(input)),
    }),
  );
  // News is said below, where it was asked for; what failed must be seen wherever one is by then.
  function failed({ tone, text, retry }: ReturnType<typeof refusalOf>, again: () => void) {
    if (tone === "bad") {
      toast({ tone, text, ...(retry && { action: { label: "Try again", run: again } }) });
    }
  }
  const refusals = [acknowledge, resolve].flatMap(({ error, submittedAt }) => {
    const refusal = error && refusalOf(error.data?.app, new Date(submittedAt));
    return refusal?.tone === "news" ? [refusal] : [];
  });

  const noteField = useRef<HTMLTextAreaElement>(null);
  const asking = note !== null && status !== "resolved";
  useEffect(() => {
    if (asking) noteField.current?.focus();
  }, [asking]);
  useKeys({
    a: () => status === "open" && !acknowledge.isPending && acknowledge.mutate({ id }),
    r: (event) => {
      event.preventDefault(); // or the note begins with an r
      if (status !== "resolved") setNote("");
    },
  });
  const doing = (word: string) => (state === "open" ? word : "Waiting for the line…");

  return (
    <div className="actions">
      {refusals.map((refusal) => (
        <Notice key={refusal.text} refusal={refusal} />
      ))}
      {status !== "resolved" && !asking && (
        <div className="action-buttons">
          {status === "open" && (
            <button
              type="button"
              className="button primary"
              disabled={acknowledge.isPending}
              onClick={() => acknowledge.mutate({ id })}
            >
              <HandIcon />
              {acknowledge.isPending ? doing("Acknowledging…") : "Acknowledge"}
            </button>
          )}
          <button
            type="button"
            className={status === "open" ? "button" : "button primary"}
            disabled={resolve.isPending}
            onClick={() => setNote("")}
          >
            <CheckIcon />
            {resolve.isPending ? doing("Resolving…") : "Resolve"}
          </button>
        </div>
      )}
      {asking && (
        <form
          className="resolve-form"
          onSubmit={(event) => {
            event.preventDefault();
            resolve.mutate({ id, note: note.trim() || null });
          }}
        >
          <label className="field">
            <span>What fixed it? (optional)</span>
            <textarea
              ref={noteField}
              className="input"
              rows={2}
              value={note}
              maxLength={2_000}
              onChange={(event) => setNote(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
                  event.currentTarget.form?.requestSubmit();
                }
                if (event.key === "Escape") {
                  event.preventDefault();
                  setNote(null);
                }
              }}
            />
          </label>
          <div className="form-end">
            <button type="button" className="button" onClick={() => setNote(null)}>
              Cancel
            </button>
            <button type="submit" className="button primary" disabled={resolve.isPending}>
              <CheckIcon />
              {resolve.isPending ? doing("Resolving…") : "Resolve incident"}
            </button>
          </div>
        </form>
      )}
    </div>
  );
}

function CopyLink() {
  const toast = useToast();
  return (
    <button
      type="button"
      className="button quiet square"
      onClick={() =>
        navigator.clipboard.writeText(location.href).then(
          () => toast({ tone: "news", text: "The link is copied." }),
          () => toast({ tone: "bad", text: "The browser did not allow copying." }),
        )
      }
    >
      <LinkIcon />
      <span className="unseen">Copy a link to this incident</span>
    </button>
  );
}

function DetailSkeleton() {
  return (
    <div className="detail-scroll" role="status" aria-label="Reading the incident">
      <div className="summary">
        <div className="bone" style={{ width: 130, height: 20 }} />
        <div className="bone" style={{ width: "84%", height: 22, marginTop: 14 }} />
        <div className="bone" style={{ width: "100%", height: 56, marginTop: 18 }} />
      </div>
    </div>
  );
}
