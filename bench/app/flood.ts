/**
 * A source that is faster than some readers: 64 KiB five hundred times a second, 31 MiB/s. A server
 * that asks for more only when there is room takes less; one that does not has to keep it all.
 */
import { setTimeout as sleep } from "node:timers/promises";

/** One piece of a flood, numbered from 0. */
export interface Chunk {
  n: number;
  text: string;
}

export const chunkBytes = 65_536;
const chunksPerBeat = 5;
const beatMs = 10;
// One text for all: what a contestant copies of it is its own, and shows.
const text = "x".repeat(chunkBytes);

let taken = 0;

/** How many chunks have been asked of all floods of this process. */
export function chunksTaken() {
  return taken;
}

/** Flows until the reader leaves. */
export async function* flood(signal?: AbortSignal): AsyncGenerator<Chunk, void, undefined> {
  for (let n = 0; !signal?.aborted; n++) {
    if (n % chunksPerBeat === 0) await sleep(beatMs);
    taken += 1;
    yield { n, text };
  }
}

/**
 * Holds a chunk against the one that is due.
 *
 * @throws Error when one is missing, doubled, out of order or damaged.
 */
export function checkChunk({ n, text }: Chunk, due: number) {
  if (n === due && text.length === chunkBytes) return;
  throw new Error(`Wrong chunk, number ${due} was due: number ${n} of ${text.length} bytes`);
}
