/** The transcripts in the folder beside this file, by the sections of PROTOCOL.md. */
import { readdirSync, readFileSync } from "node:fs";
import { defaultLimits, type Limits } from "@tautline/contracts/wire";
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

/** `@ opened` stands for the two frames of `hello-and-welcome.txt`, with the limits of its server. */
function readOpening(): Opening {
  const [hello, welcome] = [...read("3-opening/hello-and-welcome.txt").matchAll(/^[CS]: (.*)$/gm)];
  return {
    hello: hello![1]!,
    welcome(limits) {
      const message = JSON.parse(welcome![1]!) as { limits: Partial<Limits> };
      const told = Object.keys(message.limits) as (keyof Limits)[];
      const resolved = { ...defaultLimits, ...limits };
      message.limits = Object.fromEntries(told.map((name) => [name, resolved[name]]));
      return JSON.stringify(message);
    },
  };
}
