import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Demo, lineIs, startDemo } from "./demo.js";

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
    await ben.getByRole("button", { name: "Cut the network" }).click();
    await lineIs(ben, "Waiting");
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

    await ana.getByRole("button", { name: "Cut the network" }).click();
    await lineIs(ana, "Waiting");
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

    await ana.getByRole("button", { name: "Restart the server" }).click();
    await row(ana, "Before the restart").waitFor();
    await open(ana, "After the restart");
    await row(ben, "After the restart").waitFor({ timeout: 30_000 });
    await lineIs(ben, "Open");
    expect(await row(ben, "Before the restart").count()).toBe(1);
    expect(demo.complaints).toEqual([]);
    await Promise.all([ana.context().close(), ben.context().close()]);
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
