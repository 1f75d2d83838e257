/**
 * Ledger: what one end of a session has said and heard, by count. Messages carry no numbers; both
 * ends count the same ones, and when a socket is lost each tells how many it has heard and says
 * the rest again. So a message is heard once, in order, however many sockets it takes.
 * PROTOCOL.md §9
 */

/** Unacknowledged messages after which an `ack` is due. PROTOCOL.md §9.3 */
const ackMessages = 32;
/** Unacknowledged messages after which one goes along with whatever leaves: it costs no frame of its own. */
const ackAlongMessages = 16;
/** Unacknowledged characters after which one is due: a sixteenth of the room, within these bounds. */
const leastAckChars = 1_024;
const mostAckChars = 65_536;
/** The longest that an `ack` may wait, in milliseconds. PROTOCOL.md §9.3 */
export const ackDelayMs = 1_000;

/** Whether a message of the wire is one that both ends count. PROTOCOL.md §9.2 */
export function isCounted(message: object): boolean {
  return ((message as { readonly id?: unknown }).id ?? null) !== null;
}

/** The counts of one end of one session. */
export class Ledger {
  /** Said and not acknowledged, the oldest first. Made when something is. */
  #kept: string[] | undefined;
  #keptChars = 0;
  /** How many messages the other end has acknowledged. */
  #acknowledged = 0;
  #heard = 0;
  /** How many of those heard the other end was told of. */
  #told = 0;
  #untoldChars = 0;
  /** What either end may keep to be said again, in bytes: `maxUnackedBytes`. PROTOCOL.md §9.1 */
  room = 1_048_576;

  /** How many messages were said. */
  get said(): number {
    return this.#acknowledged + this.unacknowledged;
  }

  /** How many of them were not acknowledged. */
  get unacknowledged(): number {
    return this.#kept?.length ?? 0;
  }

  /** The characters that are kept to be said again; nearly always their bytes. */
  get keptChars(): number {
    return this.#keptChars;
  }

  /** How many messages were heard. */
  get heard(): number {
    return this.#heard;
  }

  /** Whether an `ack` should leave now: enough has come since the last one. */
  get ackIsDue(): boolean {
    return (
      this.#heard - this.#told >= ackMessages ||
      this.#untoldChars >= Math.min(Math.max(this.room / 16, leastAckChars), mostAckChars)
    );
  }

  /** Whether an `ack` should go along with what is sent now. */
  get ackGoesAlong(): boolean {
    return this.#heard - this.#told >= ackAlongMessages || this.ackIsDue;
  }

  /** Whether the other end keeps messages that it could forget. */
  get owesAck(): boolean {
    return this.#heard > this.#told;
  }

  /** A counted message is said, or will be as soon as there is a socket. */
  say(message: string) {
    // Not an empty list first: that would grow to seventeen places at once, for one message mostly.
    if (this.#kept === undefined) this.#kept = [message];
    else this.#kept.push(message);
    this.#keptChars += message.length;
  }

  /** A counted message of so many characters was heard. */
  hear(chars: number) {
    this.#heard += 1;
    this.#untoldChars += chars;
  }

  /** The count for whoever sends it now, in an `ack` or in a greeting. */
  tell(): number {
    this.#told = this.#heard;
    this.#untoldChars = 0;
    return this.#heard;
  }

  /** An `ack` that is sent now. */
  ack(): string {
    return `{"method":"ack","received":${this.tell()}}`;
  }

  /** The other end has been told of `count` messages: what it was told of more was lost on its way. */
  untell(count: number) {
    this.#told = count;
  }

  /**
   * The other end has heard `count` messages: they are forgotten.
   *
   * @returns false when it can not have: more than were said, or fewer than it said before.
   */
  acknowledge(count: number): boolean {
    if (!Number.isInteger(count) || count < this.#acknowledged || count > this.said) {
      return false;
    }
    if (count === this.said) {
      this.#kept = undefined;
      this.#keptChars = 0;
    } else {
      // A few at a time: moving what is left costs less than keeping track of where it begins.
      for (const message of this.#kept!.splice(0, count - this.#acknowledged)) {
        this.#keptChars -= message.length;
      }
    }
    this.#acknowledged = count;
    return true;
  }

  /** What was said and not acknowledged, in order: on a new socket it is said again. */
  unheard(): readonly string[] {
    return this.#kept ?? [];
  }
}
