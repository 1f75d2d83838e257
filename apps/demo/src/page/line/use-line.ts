/** The line and its story, for components. */
import { createContext, use, useSyncExternalStore } from "react";
import type { Line } from "./line.js";
import type { LineStory } from "./story.js";

export const LineContext = createContext<Line | null>(null);

/** The line of whoever is signed in. */
export function useLine(): Line {
  const line = use(LineContext);
  if (!line) throw new Error("Cannot use the line here: nobody is signed in");
  return line;
}

/** What the line has been through, as it happens. */
export function useLineStory(): LineStory {
  const { story } = useLine();
  return useSyncExternalStore(story.subscribe, story.current);
}
