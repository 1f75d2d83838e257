import { describe, expect, it } from "vitest";
import { run } from "../../scripts/lib/run.mjs";

const node = (code, options) => run(process.execPath, ["-e", code], { show: "never", ...options });

describe("run", () => {
  it("tells how a command ended, and what it printed", async () => {
    expect(await node("console.log('fine')")).toEqual({ ok: true, output: "fine\n" });
    expect(await node("process.exit(3)")).toMatchObject({ ok: false });
  });

  // A child that inherits the output keeps it open: to be told the end is to know it is gone.
  const forever = "setInterval(() => {}, 1000);";
  const withChild = `
    const stdio = "inherit";
    require("node:child_process").spawn(process.execPath, ["-e", "${forever}"], { stdio }).unref();`;

  it("stops a command that takes too long, and its children", async () => {
    const { ok, output } = await node(withChild + forever, { timeoutMs: 1_000 });
    expect(ok).toBe(false);
    expect(output).toContain("stopped after 1 s");
  });

  it("ends what a command leaves running", async () => {
    expect(await node(withChild)).toMatchObject({ ok: true });
  });

  it("says that a command does not exist", async () => {
    const { ok, output } = await run("no-such-command-here", [], { show: "never" });
    expect(ok).toBe(false);
    expect(output).toContain("ENOENT");
  });
});
