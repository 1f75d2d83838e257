/** Short messages in a corner: what failed, with a way to try again. They leave by themselves. */
import {
  createContext,
  type ReactNode,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from "react";
import { AlertIcon, CloseIcon, InfoIcon } from "./icons.js";

/** What to say. */
export interface Toast {
  readonly tone: "news" | "bad";
  readonly text: string;
  /** Something the visitor can do about it. */
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Shown extends Toast {
  readonly id: number;
}

/** Time to read it, and to reach its button. */
const showMs = 7_000;

const Show = createContext<(toast: Toast) => void>(() => {});

/** Shows a toast. */
export function useToast() {
  return use(Show);
}

let lastId = 0;

export function Toasts({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const show = useCallback((toast: Toast) => {
    lastId += 1;
    const next = { ...toast, id: lastId };
    // The same words twice are one message, said again.
    setShown((before) => [...before.filter(({ text }) => text !== toast.text), next].slice(-3));
  }, []);
  const dismiss = useCallback((id: number) => {
    setShown((before) => before.filter((toast) => toast.id !== id));
  }, []);

  return (
    <Show value={show}>
      {children}
      <section className="toasts" aria-label="Messages" aria-live="polite">
        {shown.map((toast) => (
          <OneToast key={toast.id} toast={toast} dismiss={dismiss} />
        ))}
      </section>
    </Show>
  );
}

function OneToast({ toast, dismiss }: { toast: Shown; dismiss: (id: number) => void }) {
  const { id, tone, text, action } = toast;
  const [held, setHeld] = useState(false);
  const close = useMemo(() => () => dismiss(id), [dismiss, id]);

  useEffect(() => {
    if (held) return;
    const timer = setTimeout(close, showMs);
    return () => clearTimeout(timer);
  }, [held, close]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only holds it back, nothing more
    <div
      className="toast"
      data-tone={tone}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {tone === "bad" ? <AlertIcon /> : <InfoIcon />}
      <p>{text}</p>
      {action && (
        <button
          type="button"
          className="button small"
          onClick={() => {
            close();
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" className="button quiet square small" onClick={close}>
        <CloseIcon size={14} />
        <span className="unseen">Dismiss</span>
      </button>
    </div>
  );
}
