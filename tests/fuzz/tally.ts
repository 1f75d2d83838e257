/** What was sent and what came of it, counted. */
import { normalised } from "./refusals.js";
import { restorable } from "./values.js";

/** Counts of everything that was met. */
export class Tally {
  readonly counts = new Map<string, number>();
  /** Messages, frames that hold none, and beginnings and endings of connections. */
  inputs = 0;
  /** Those of them that read as a message of the protocol. */
  envelopes = 0;
  connections = 0;

  add(name: string) {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  /** An answer of a server. */
  answer(message: any) {
    if (message.error !== undefined) this.#failure(message.error.json);
    const values = message.result?.data?.meta?.values;
    if (values === undefined) return;
    const text = JSON.stringify(values);
    for (const name of restorable) {
      if (text.includes(`["${name}"`)) this.add(`annotation restored: ${name}`);
    }
  }

  #failure({ message, data }: { message: string; data: any }) {
    this.add(`error ${data.app?.code ?? data.code}`);
    this.add(`says ${normalised(message)}`);
    this.add(`told ${data.code}`);
    const refused = /^Cannot accept the annotation "([^":]*)/.exec(message);
    if (refused !== null) this.add(`annotation refused: ${nameOf(refused[1]!)}`);
    const misfit = /^Cannot decode "(\w+)" at/.exec(message);
    if (misfit !== null) this.add(`annotation of what does not fit: ${misfit[1]}`);
  }

  /** The end of a connection. */
  ending({ code, reason }: { readonly code: number; readonly reason: string }) {
    this.add(`close ${code}`);
    if (reason !== "") this.add(`closes: ${normalised(reason)}`);
  }
}

// What is no name is told by its type.
const nameOf = (told: string) => (told === "number" ? "number?" : told);
