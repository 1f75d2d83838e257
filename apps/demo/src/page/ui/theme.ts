/** Light, dark, or what the system says. public/theme.js does the same before the first paint. */
import { useState } from "react";
import { keep, recall } from "./storage.js";

/** A choice of look. */
export type Theme = "system" | "light" | "dark";

/** The theme in use and a way to change it. Remembered by this browser. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const kept = recall("theme");
    return kept === "light" || kept === "dark" ? kept : "system";
  });
  return [
    theme,
    (chosen) => {
      setTheme(chosen);
      keep("theme", chosen === "system" ? null : chosen);
      if (chosen === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = chosen;
    },
  ];
}
