/**
 * Names for what a server makes up when it gives a session: `<session>`, `<secret>` and `<epoch>`,
 * the next ones `<session 2>` and so on. A real server's are learned from its welcome; where the
 * server is played, a text of the same form stands in.
 */
import type { Welcome } from "@tautline/contracts/wire";

/** The names of one conversation. */
export interface Names {
  /** Puts in what the names stand for. */
  toSend(written: string): string;
  /** Puts the names in. */
  asWritten(heard: string): string;
  /** Looks for a session that is given, in a message that was heard. */
  learn(message: unknown): void;
}

const named = /<(session|secret|epoch)(?: (\d))?>/g;

/** Creates the names of one conversation; none is known yet. */
export function createNames(): Names {
  const known = new Map<string, string>();
  let sessions = 0;
  let epochs = 0;

  function name(kind: string, nth: number) {
    return nth === 1 ? `<${kind}>` : `<${kind} ${nth}>`;
  }

  return {
    toSend: (written) =>
      written.replaceAll(named, (placeholder, kind: string, nth = "1") => {
        // 22 characters, as 128 bits have in base64url.
        if (!known.has(placeholder)) known.set(placeholder, `${kind}-${nth}`.padEnd(22, "-"));
        return known.get(placeholder)!;
      }),
    asWritten(heard) {
      let text = heard;
      for (const [placeholder, real] of known) text = text.replaceAll(real, placeholder);
      return text;
    },
    learn(message) {
      const given = (message as Partial<Welcome> | null)?.session;
      if (given?.secret === undefined || given.resumed === undefined) return;
      sessions++;
      known.set(name("session", sessions), given.id);
      known.set(name("secret", sessions), given.secret);
      const { storeEpoch } = given;
      if (storeEpoch === undefined || [...known.values()].includes(storeEpoch)) return;
      known.set(name("epoch", ++epochs), storeEpoch);
    },
  };
}
