// Runs before the first paint, so that a page kept dark never flashes white.
try {
  const theme = JSON.parse(localStorage.getItem("incident-room:theme"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked or holds something else: the system's theme it is.
}
