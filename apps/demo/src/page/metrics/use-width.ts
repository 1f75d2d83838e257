/** How wide an element is, so that what is drawn in it is drawn for its pixels and stays crisp. */
import { type RefObject, useLayoutEffect, useRef, useState } from "react";

/** A ref for the element, and its width in CSS pixels (0 before it is measured). */
export function useWidth<Kind extends HTMLElement>(): [RefObject<Kind | null>, number] {
  const ref = useRef<Kind>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current!;
    setWidth(element.clientWidth);
    const watch = new ResizeObserver(() => setWidth(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  return [ref, width];
}
