import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, figure, lineIs, startDemo } from "./demo.js";

let demo: Demo;
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(async () => {
  await demo[Symbol.asyncDispose]();
});

const row = (page: Page, title: string) =>
  page.getByRole("link", { name: new RegExp(`INC-\\d+ .*${title}`) });
const detail = (page: Page) => page.getByRole("complementary", { name: /INC-/ });

async function open(page: Page, title: string) {
  await page.getByRole("button", { name: "New incident" }).click();
  const dialog = page.getByRole("dialog", { name: "Open an incident" });
  await dialog.getByRole("textbox", { name: "What is broken?" }).fill(title);
  await dialog.getByRole("button", { name: "Open incident" }).click();
  await row(page, title).waitFor();
}

async function comment(page: Page, text: string) {
  await detail(page).getByRole("textbox", { name: "Comment" }).fill(text);
  await detail(page).getByRole("button", { name: "Comment", exact: true }).click();
}

describe("two pages", { timeout: 60_000 }, () => {
  it("see each other's changes", async () => {
    const ana = await demo.enter("Ana");
    const ben = await demo.enter("Ben");

    await open(ana, "The winch is stuck");
    await row(ben, "The winch is stuck").click();
    await detail(ben).getByRole("button", { name: "Acknowledge" }).click();
    await row(ana, "The winch is stuck.*Acknowledged by Ben").waitFor();

    await row(ana, "The winch is stuck").click();
    await comment(ana, "I have a hammer");
    await detail(ben).getByText("I have a hammer").waitFor();
    expect(demo.complaints).toEqual([]);
    await Promise.all([ana.context().close(), ben.context().close()]);
  });

  it("tell the slower one who was faster, by a declared error", async () => {
    const ana = await demo.enter("Ana");
    const ben = await demo.enter("Ben");
    await open(ana, "Both at once");
    for (const page of [ana, ben]) await row(page, "Both at once").click();

    // Ben's page hears nothing while it is cut, so its button is still there when Ana was faster.
    await ben.getByRole("button", { name: "Cut 5 s" }).click();
    await lineIs(ben, "Resuming");
    await detail(ana).getByRole("button", { name: "Acknowledge" }).click();
    await row(ana, "Both at once.*Acknowledged by Ana").waitFor();
    await detail(ben).getByRole("button", { name: "Acknowledge" }).click();
    await detail(ben).getByRole("alert").filter({ hasText: "Ana" }).waitFor({ timeout: 30_000 });
    await Promise.all([ana.context().close(), ben.context().close()]);
  });
});

describe("the line", { timeout: 60_000 }, () => {
  it("loses nothing when the network is cut", async () => {
    const ana = await demo.enter("Ana");
    const ben = await demo.enter("Ben");
    await open(ana, "Cut in the middle");
    for (const page of [ana, ben]) await row(page, "Cut in the middle").click();

    await ana.getByRole("button", { name: "Cut 5 s" }).click();
    await lineIs(ana, "Resuming");
    await comment(ana, "Said in the dark");
    await comment(ben, "Said meanwhile");

    await lineIs(ana, "Open");
    await detail(ben).getByText("Said in the dark").waitFor();
    await detail(ana).getByText("Said meanwhile").waitFor();
    expect(await detail(ben).getByText("Said in the dark").count()).toBe(1);
    expect(await detail(ana).getByText("Said in the dark").count()).toBe(1);
    expect(demo.complaints).toEqual([]);
    await Promise.all([ana.context().close(), ben.context().close()]);
  });

  it("survives the death of the server", async () => {
    const ana = await demo.enter("Ana");
    const ben = await demo.enter("Ben");
    await open(ana, "Before the restart");

    await ana.getByRole("button", { name: "Kill the server" }).click();
    await row(ana, "Before the restart").waitFor();
    await open(ana, "After the restart");
    await row(ben, "After the restart").waitFor({ timeout: 30_000 });
    await lineIs(ben, "Open");
    expect(await row(ben, "Before the restart").count()).toBe(1);
    expect(demo.complaints).toEqual([]);
    await Promise.all([ana.context().close(), ben.context().close()]);
  });
});

describe("the proof", { timeout: 60_000 }, () => {
  const press = (page: Page, name: string) => page.getByRole("button", { name }).click();
  const proof = (page: Page) => page.getByRole("region", { name: "The proof" });

  /** Waits until so many more calls have been answered than now. */
  async function answeredMore(page: Page, count: number) {
    const before = await figure(proof(page), "Answered");
    await expect
      .poll(() => figure(proof(page), "Answered"), { timeout: 30_000 })
      .toBeGreaterThan(before + count);
  }

  /** Starts the load, breaks the line under it, stops it, and returns what the panel then says. */
  async function loaded(page: Page, breakLine: () => Promise<void>) {
    await press(page, "Start the load");
    await proof(page).waitFor();
    await answeredMore(page, 40);
    await breakLine();
    await answeredMore(page, 40); // those that waited, and new ones
    await press(page, "Stop the load");
    await proof(page).getByText("Nothing lost, nothing twice.").waitFor({ timeout: 30_000 });

    const names = ["Sent", "Executed", "Answered", "Lost", "Twice", "Unknown"] as const;
    const streamNames = ["Received", "Missed", "Doubled"] as const;
    const remedies = ["Sent again, already done", "Events followed anew"] as const;
    const said: Record<string, number> = {};
    for (const name of [...names, ...streamNames, ...remedies]) {
      said[name] = await figure(proof(page), name);
    }
    expect(said).toMatchObject({ Executed: said.Sent, Lost: 0, Twice: 0 });
    expect(said).toMatchObject({ Missed: 0, Doubled: 0 });
    // The numbers rise by the clock, so what rose while nobody heard it has arrived as well.
    expect(said.Received).toBeGreaterThan(0.9 * said.Sent!);
    expect(demo.complaints).toEqual([]);
    return said;
  }

  it("loses nothing and does nothing twice under a cut, for the session goes on", async () => {
    const page = await demo.enter("Ana");
    const said = await loaded(page, async () => {
      await press(page, "Cut 5 s");
      await lineIs(page, "Resuming");
      await lineIs(page, "Open");
    });
    // No remedy was needed: nothing was sent to the server again that it had done already.
    expect(said).toMatchObject({ Answered: said.Sent, Unknown: 0 });
    expect(said).toMatchObject({ "Sent again, already done": 0, "Events followed anew": 0 });
    const line = page.getByRole("region", { name: "The line" });
    expect(await figure(line, "Resumes")).toBeGreaterThanOrEqual(1);
    await line.getByText(/^Back after .* in the same session\. .*lost nothing\.$/).waitFor();
    await page.context().close();
  });

  it("loses nothing and does nothing twice when the server is killed", async () => {
    const page = await demo.enter("Ana");
    const line = page.getByRole("region", { name: "The line" });
    await expect.poll(() => figure(line, "Server process")).toBeGreaterThan(0);
    const killed = await figure(line, "Server process");
    const said = await loaded(page, async () => {
      await press(page, "Kill the server");
      await lineIs(page, "Resuming"); // so it hopes, until another process answers
      await lineIs(page, "Open");
    });
    expect(said.Answered! + said.Unknown!).toBe(said.Sent);
    // Some were done and not answered when the process died: the next one knew their numbers.
    expect(said["Sent again, already done"]).toBeGreaterThanOrEqual(1);
    expect(said["Events followed anew"]).toBeGreaterThanOrEqual(1);
    expect(await figure(line, "Server process")).not.toBe(killed);
    expect(await figure(line, "Resumes")).toBe(0);
    await line.getByText(/^Back after .* in a new session\. .*lost nothing\.$/).waitFor();
    await page.context().close();
  });

  it("can be run with a keyboard only", async () => {
    const page = await demo.enter("Kim");
    await page.keyboard.press("l");
    const dialog = page.getByRole("dialog", { name: "The line" });
    await dialog.waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.keyboard.press("Tab"); // past the button that closes the dialog
    expect(await focused()).toBe("Start the load");
    await page.keyboard.press("Enter");
    await proof(page).first().waitFor();
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Cut 5 s");
    await page.keyboard.press("Enter");
    await dialog.getByTestId("line-state").filter({ hasText: "Resuming" }).waitFor();
    expect(await focused()).toBe("Cut 5 s"); // it has no effect now, but whoever pressed it is still here
    await dialog.getByTestId("line-state").filter({ hasText: "Open" }).waitFor();
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await dialog.getByText("Nothing lost, nothing twice.").waitFor();
    await page.context().close();
  });
});

describe("a visitor with a keyboard only", { timeout: 60_000 }, () => {
  it("opens, finds and resolves an incident", async () => {
    const page = await demo.enter("Kim");
    await page.keyboard.press("n");
    await page.keyboard.type("The anchor drags");
    await page.keyboard.press("Enter");
    await row(page, "The anchor drags").waitFor();

    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("anchor");
    await page.keyboard.press("Enter"); // on to the first one found
    await page.keyboard.press("Enter");
    await detail(page).waitFor();
    await page.keyboard.press("r");
    await page.keyboard.type("A longer chain");
    await page.keyboard.press("Enter");
    await detail(page).getByText("A longer chain").waitFor();
    await page.context().close();
  });
});
