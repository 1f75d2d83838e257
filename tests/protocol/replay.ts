/**
 * What both replays have in common: one end is played step by step, the other is real, and
 * whatever the real one says has to stand in the transcript, in its place.
 */
import { type ManualClock, settled, until } from "@tautline/testing";
import { expect } from "vitest";
import { expectFrames, messagesOf } from "./frames.js";
import type { Names } from "./names.js";
import type { SocketEnd } from "./socket-end.js";
import type { Said, Side, Step, Transcript } from "./transcript.js";

/** The real end, and what a transcript can do around it. */
export interface Stage {
  readonly clock: ManualClock;
  /** The side that is played here. */
  readonly plays: Side;
  /** The played ends of the sockets, oldest first; a client that is real brings them about. */
  readonly sockets: readonly SocketEnd[];
  /** What the sessions of this conversation are called. */
  readonly names: Names;
  /** Brings about one more. */
  connect(): Promise<void>;
  cut(): void;
  /** The application at the real end does something. */
  act(words: string): unknown;
  /** The application at the real end looks for something that it was told. */
  look(words: string): unknown;
  /** Which of the two `words` ask for. */
  isLook(words: string): boolean;
}

/** Plays all steps; rejects where the real end does something else. */
export async function replay(
  { steps, dialect }: Pick<Transcript, "steps" | "dialect">,
  { clock, plays, sockets, names, connect, cut, act, look, isLook }: Stage,
): Promise<void> {
  const isBase = dialect === "base";
  let newest = 1;

  const socketOf = ({ socket = newest }: Said) => sockets[socket - 1];

  async function expectSilence(line: number) {
    await settled();
    // A socket that the transcript has not come to may greet already.
    const heard = sockets.slice(0, newest).flatMap((socket) => socket.heard);
    expect(heard, `heard before line ${line}`).toEqual([]);
  }

  async function listen(said: Said, line: number) {
    const next = () =>
      until(() => socketOf(said)?.heard.shift(), { turns: 300, what: `line ${line}` });
    if (said.kind !== "frame") {
      // 1006: no closing frame came. RFC 6455 §7.4.1
      const { code, reason } = said.kind === "close" ? said : { code: 1006, reason: "" };
      return expect(await next(), `line ${line}`).toEqual({ code, reason });
    }
    const due = messagesOf(said.frame).length;
    const frames: (string | Uint8Array)[] = [];
    for (let messages = 0; messages < due; messages += messagesOf(frames.at(-1)!).length) {
      const heard = await next();
      if (!("frame" in heard)) throw new Error(`Closed at line ${line}: ${JSON.stringify(heard)}`);
      if (isBase && said.by === "server") {
        expect(messagesOf(heard.frame), `line ${line}: one a frame`).toHaveLength(1);
      }
      frames.push(heard.frame);
    }
    expectFrames(frames, said.frame, line, names);
  }

  async function play(step: Step) {
    const { line } = step;
    switch (step.kind) {
      case "frame":
      case "close":
      case "drop":
        return listen(step, line);
      case "app":
        return look(step.words);
      case "advance":
        await expectSilence(line);
        return clock.advanceAsync(step.ms);
      case "cut":
        await expectSilence(line);
        for (const socket of sockets) socket.over();
        return cut();
      case "connect":
        await expectSilence(line);
        newest++;
        return connect();
    }
  }

  /** What is said or done together happens in one turn: the other end is busy with the first. */
  async function playTogether(group: readonly Step[]) {
    const { line } = group[0]!;
    await expectSilence(line);
    const isReady = () => group[0]!.kind === "app" || sockets.length >= newest;
    await until(isReady, { turns: 300, what: `a socket at line ${line}` });
    for (const step of group) {
      if (step.kind === "app") act(step.words);
      else if ("by" in step && !isLost(step)) socketOf(step)!.say(step);
    }
  }

  function isLost(step: Step) {
    return step.kind === "frame" && step.isLost;
  }

  /** Whether a step comes from here, and with which others it happens together. */
  function initiative(step: Step | undefined) {
    if (step === undefined) return undefined;
    if (step.kind === "app") return isLook(step.words) ? undefined : "acting";
    return "by" in step && step.by === plays ? "speaking" : undefined;
  }

  const relevant = steps.filter((step) => step.kind !== "app" || step.at !== plays);
  for (let at = 0; at < relevant.length; ) {
    const kind = initiative(relevant[at]);
    let end = at + 1;
    while (kind !== undefined && initiative(relevant[end]) === kind) end++;
    if (kind === undefined) await play(relevant[at]!);
    else await playTogether(relevant.slice(at, end));
    at = end;
  }
  await expectSilence(steps.at(-1)!.line + 1);
}
