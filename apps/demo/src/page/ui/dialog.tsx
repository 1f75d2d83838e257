/** A dialog on top of the page: the browser's own, with its focus trap, its Escape and its veil. */
import { type ReactNode, useEffect, useId, useRef } from "react";
import { CloseIcon } from "./icons.js";

export function Dialog({
  title,
  onClose,
  className = "",
  children,
}: {
  title: string;
  onClose: () => void;
  className?: string;
  children: ReactNode;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const dialog = ref.current!;
    // React's strict mode runs this twice, and an open dialog refuses to be opened again.
    if (!dialog.open) dialog.showModal();
    // The browser would begin at the closing button, because that comes first.
    dialog.querySelector<HTMLElement>("[data-first]")?.focus();
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, by the browser itself
    <dialog
      ref={ref}
      className={`dialog ${className}`}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current.close(); // the veil, not what is on it
      }}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <button
            type="button"
            className="button quiet square"
            onClick={() => ref.current?.close()}
          >
            <CloseIcon />
            <span className="unseen">Close</span>
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
