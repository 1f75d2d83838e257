/**
 * The demo as its visitors have it: the server process that `npm start` runs, a database of its
 * own, and real pages in a real Chromium.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";

const app = fileURLToPath(new URL("../../apps/demo/", import.meta.url));

/** A running demo. */
export interface Demo extends AsyncDisposable {
  readonly url: string;
  readonly browser: Browser;
  /** Opens a page of its own, signed in under `name`. */
  enter(name: string): Promise<Page>;
  /** What pages complained about: uncaught exceptions. */
  readonly complaints: readonly string[];
}

/** Starts the built demo on a free port, and a browser. */
export async function startDemo(): Promise<Demo> {
  const data = mkdtempSync(join(tmpdir(), "tautline-demo-"));
  const server = spawn(process.execPath, ["dist/server/main.js", "--port", "0", "--data", data], {
    cwd: app,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await urlFrom(server);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", // CI runs as root
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const complaints: string[] = [];

  return {
    url,
    browser,
    complaints,
    async enter(name) {
      const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } });
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      await page.goto(url);
      await page.getByRole("textbox", { name: "Your name" }).fill(name);
      await page.getByRole("button", { name: "Enter" }).click();
      await lineIs(page, "Open");
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      const ended = once(server, "close");
      server.kill("SIGTERM");
      await ended;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** Waits until the page's line is in `state`. */
export async function lineIs(page: Page, state: string) {
  await page.getByTestId("line-state").filter({ hasText: state }).waitFor();
}

/** The number that stands for `name` in a list of figures; NaN while there is none. */
export async function figure(within: Locator, name: string): Promise<number> {
  const term = within.getByText(name, { exact: true }).first();
  const text = await term.locator("xpath=../dd").textContent();
  return Number(text?.replaceAll(",", ""));
}

async function urlFrom(server: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: server.stdout! })) {
    const url = /http:\/\/\S+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error("The demo ended without saying where it is");
}
