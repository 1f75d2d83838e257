/** The transcripts in the folder beside this file, by the sections of PROTOCOL.md. */
import { readdirSync, readFileSync } from "node:fs";
import { defaultLimits, type Limits, type SessionGiven } from "@tautline/contracts/wire";
import { type Opening, readTranscript, type Transcript } from "./transcript.js";

const folder = new URL("transcripts/", import.meta.url);

/** A transcript and its place. */
export interface Filed extends Transcript {
  /** The folder: a chapter of PROTOCOL.md, as in `3-opening`. */
  readonly chapter: string;
  /** The file's name without `.txt`. */
  readonly name: string;
}

/** Reads all transcripts, in order. */
export function readCatalogue(): Filed[] {
  const opening = readOpening();
  return readdirSync(folder)
    .sort()
    .flatMap((chapter) =>
      readdirSync(new URL(`${chapter}/`, folder))
        .sort()
        .map((file) => {
          try {
            const transcript = readTranscript(read(`${chapter}/${file}`), opening);
            return { ...transcript, chapter, name: file.replace(/\.txt$/, "") };
          } catch (cause) {
            throw new Error(`Cannot read ${chapter}/${file}`, { cause });
          }
        }),
    );
}

const read = (file: string) => readFileSync(new URL(file, folder), "utf8");

/** `@ opened` stands for the two frames of `hello-and-welcome.txt`, with what its transcript's header says. */
function readOpening(): Opening {
  const [hello, welcome] = [
    ...read("3-opening/hello-and-welcome.txt").matchAll(/^[CS]: (.*)$/gm),
  ].map(([, frame]) => JSON.parse(frame!) as { limits: Partial<Limits> });
  return {
    hello: (asksSession) => JSON.stringify({ ...hello, ...(asksSession && { session: {} }) }),
    welcome({ limits, server }, nth) {
      const resolved = { ...defaultLimits, ...limits };
      const told = Object.keys(welcome!.limits) as (keyof Limits)[];
      const message = {
        ...welcome,
        limits: Object.fromEntries(told.map((name) => [name, resolved[name]])),
      };
      if (nth === undefined) return JSON.stringify(message);
      const which = nth === 1 ? "" : ` ${nth}`;
      const session: SessionGiven = {
        id: `<session${which}>`,
        secret: `<secret${which}>`,
        resumed: false,
        graceMs: 30_000,
        ...server.session,
        maxUnackedBytes: resolved.maxOutboxBytes,
        ...(server.requests !== false && { storeEpoch: "<epoch>" }),
      };
      return JSON.stringify({ ...message, session });
    },
  };
}
