import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "dist/page",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // light-dark(), the newest thing used
    // The page forbids inline data for scripts and fonts, so nothing may be inlined.
    assetsInlineLimit: 0,
  },
});
