import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url));

// Tests run the sources, never a stale build; the pack check covers what is published.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@tautline\/(contracts|server|client|testing)$/, replacement: `${source("")}$1/src/index.ts` },
      { find: /^@tautline\/contracts\/(wire|runtime)$/, replacement: `${source("")}contracts/src/$1/index.ts` },
      { find: /^@tautline\/contracts\/wire\/(.+)$/, replacement: `${source("")}contracts/src/wire/$1.ts` },
      { find: /^@tautline\/client\/react$/, replacement: `${source("")}client/src/react/index.ts` },
    ],
  },
  test: {
    include: ["packages/*/src/**/*.test.{ts,tsx}", "tests/{protocol,integration}/**/*.test.ts"],
    testTimeout: 15_000,
  },
});
