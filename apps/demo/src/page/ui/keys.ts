/** Keyboard shortcuts: single keys, for those who are not typing. */
import { useEffect, useRef } from "react";

/** What each key does, by `KeyboardEvent.key`. */
export type Keys = Record<string, (event: KeyboardEvent) => void>;

/** Installs `keys` on the whole page while the component is shown. */
export function useKeys(keys: Keys) {
  const latest = useRef(keys);
  latest.current = keys;

  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      // What is on top has its own keys, and its own way to be closed.
      if (document.querySelector("dialog[open], :popover-open")) return;
      if (isTyping(event.target) && event.key !== "Escape") return;
      latest.current[event.key]?.(event);
    }
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
