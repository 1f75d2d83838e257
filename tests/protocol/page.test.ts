/** PROTOCOL.md and the transcripts hold each other: what one says, the other shows. */
import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { appErrors } from "@tautline/contracts";
import { CloseCode, defaultLimits } from "@tautline/contracts/wire";
import { describe, expect, it } from "vitest";
import { readCatalogue } from "./catalogue.js";
import { messagesOf } from "./frames.js";

const page = readFileSync(new URL("../../PROTOCOL.md", import.meta.url), "utf8");
const catalogue = readCatalogue();
const steps = catalogue.flatMap((transcript) => transcript.steps);
const said = steps.flatMap((step) => (step.kind === "frame" ? messagesOf(step.frame) : []));

describe("every frame that PROTOCOL.md prints is in a transcript", () => {
  const printed = [...page.matchAll(/```json\n([\s\S]*?)```/g)]
    .flatMap(([, block = ""]) => block.trim().split("\n"))
    .map((line) => [line] as const);

  it.each(printed)("%s", (line) => {
    const frame: unknown = JSON.parse(line);
    const messages = Array.isArray(frame) ? frame : [frame];
    for (const message of messages) expect(said.some((part) => holds(part, message))).toBe(true);
  });
});

describe("every word of the wire is in a transcript", () => {
  it.each(
    [...page.matchAll(/^###.*?((?:(?:, | and )?`[\w.]+`)+)/gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`([\w.]+)`/g)].map(([, name]) => name!),
    ),
  )("`%s`, which PROTOCOL.md has a heading for", (name) => {
    const isNamed = (message: any) =>
      message === name || message?.method === name || JSON.stringify(message).includes(`"${name}"`);
    expect(said.some(isNamed)).toBe(true);
  });

  it.each(["started", "data", "stopped"])("the result `%s`", (type) => {
    expect(said.some((message: any) => message?.result?.type === type)).toBe(true);
  });

  it.each(Object.keys(appErrors))("the error %s", (code) => {
    const told = said.some((message) => JSON.stringify(message).includes(`"code":"${code}"`));
    const noticed = steps.some((step) => step.kind === "app" && step.words.includes(` ${code}`));
    expect(told || noticed).toBe(true);
  });

  it.each([1003, 1007, 1009, ...Object.values(CloseCode)])("the close code %i", (code) => {
    const closed = steps.some((step) => step.kind === "close" && step.code === code);
    // 4001 is never sent: a dead peer would not hear it.
    const noticed = steps.some(
      (step) => step.kind === "app" && step.words.includes(`gone: ${code}`),
    );
    expect(closed || noticed).toBe(true);
  });

  // How full a socket is does not show in what it carries; tests/integration fills some.
  it.each(Object.keys(defaultLimits).filter((name) => name !== "maxOutboxBytes"))(
    "the limit %s",
    (name) => {
      expect(catalogue.some(({ limits }) => name in limits)).toBe(true);
    },
  );
});

/** Whether `part` is `message`, or has it inside: a value is printed by itself. */
function holds(part: unknown, message: unknown): boolean {
  if (isDeepStrictEqual(part, message)) return true;
  if (typeof part !== "object" || part === null) return false;
  return Object.values(part).some((inner) => holds(inner, message));
}
