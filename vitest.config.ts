import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./packages/${path}`, import.meta.url));

/** A part of the suite that can be run by its name: `vitest run --project=protocol`. */
const project = (
  name: string,
  include: string[],
  options: { testTimeout?: number; exclude?: string[] } = {},
) => ({ extends: true as const, test: { name, include, ...options } });

// What needs more than Node, or is no test of the packages. All else in tests/ is integration.
const apart = [
  "tests/{protocol,types,tooling,interop,interop-trpc,hostile,fuzz,fault,e2e,.cache}/**",
  ...configDefaults.exclude,
];

// Tests run the sources, never a stale build; the pack check covers what is published.
export default defineConfig({
  resolve: {
    alias: [
      {
        find: /^@tautline\/(contracts|server|client|testing)$/,
        replacement: `${source("")}$1/src/index.ts`,
      },
      {
        find: /^@tautline\/contracts\/(wire|runtime|session)$/,
        replacement: `${source("")}contracts/src/$1/index.ts`,
      },
      {
        find: /^@tautline\/contracts\/wire\/(.+)$/,
        replacement: `${source("")}contracts/src/wire/$1.ts`,
      },
      { find: /^@tautline\/testing\/app$/, replacement: `${source("")}testing/src/app/index.ts` },
      { find: /^@tautline\/client\/react$/, replacement: `${source("")}client/src/react/index.ts` },
      {
        find: /^@tautline\/(server|client)\/trpc$/,
        replacement: `${source("")}$1/src/drop-in/index.ts`,
      },
      {
        find: /^@tautline\/(server|client)\/(opentelemetry|prometheus)$/,
        replacement: `${source("")}$1/src/observe/$2.ts`,
      },
    ],
  },
  test: {
    testTimeout: 15_000,
    projects: [
      project("packages", ["packages/*/src/**/*.test.{ts,tsx}"]),
      project("apps", ["apps/*/src/**/*.test.{ts,tsx}"]),
      project("protocol", ["tests/protocol/**/*.test.ts"]),
      project("integration", ["tests/**/*.test.{ts,tsx}"], { exclude: apart }),
      project("bench", ["bench/**/*.test.ts"]),
      project("types", ["tests/types/**/*.test.ts"], { testTimeout: 120_000 }),
      project("tooling", ["tests/tooling/**/*.test.mjs"]),
      project("examples", ["examples/**/*.test.{ts,tsx}"], { testTimeout: 30_000 }),
      project("hostile", ["tests/hostile/**/*.test.ts", "tests/fuzz/**/*.test.ts"], {
        testTimeout: 60_000,
      }),
      project("fault", ["tests/fault/**/*.test.ts"], {
        testTimeout: 60_000,
        exclude: ["**/*.session.test.ts", ...configDefaults.exclude],
      }),
      // What needs a session that outlives its socket.
      project("sessions", ["tests/fault/**/*.session.test.ts"], { testTimeout: 120_000 }),
      project("interop", ["tests/interop/**/*.test.ts"], { testTimeout: 60_000 }),
      project("stock", ["tests/interop-trpc/**/*.test.ts"]),
      project("e2e", ["tests/e2e/**/*.test.ts"], { testTimeout: 120_000 }),
    ],
  },
});
