/**
 * Held input: what a client sent and its running calls still keep in memory. Few bytes can be many
 * values (`[{},{},…]` takes twenty times its length), and slow handlers keep them: one connection
 * within every other limit held two gigabytes.
 */

/** A frame some of whose calls run. */
export interface HeldFrame {
  /** UTF-16 units: what parsed JSON takes grows with them. */
  readonly chars: number;
  /** Calls of the frame that run. It is counted once, and as a whole, until the last has ended. */
  calls: number;
}

// Not worth counting: the calls and subscriptions that one connection may have are a megabyte then.
const lightChars = 4_096;

/** A frame as it has to be held, if it is heavy enough to count. */
export function toHeldFrame(text: string): HeldFrame | undefined {
  return text.length > lightChars ? { chars: text.length, calls: 0 } : undefined;
}

/** Counts the frames of one connection that are held. */
export class HeldInput {
  readonly #maxChars: number;
  #chars = 0;

  constructor(maxChars: number) {
    this.#maxChars = maxChars;
  }

  /** Whether one more call of this frame may run. */
  hasRoomFor(frame: HeldFrame): boolean {
    return frame.calls > 0 || this.#chars + frame.chars <= this.#maxChars;
  }

  /** A call of this frame runs. */
  hold(frame: HeldFrame) {
    if (frame.calls++ === 0) this.#chars += frame.chars;
  }

  /** A call of this frame has ended. */
  letGo(frame: HeldFrame) {
    if (--frame.calls === 0) this.#chars -= frame.chars;
  }

  /**
   * A call of this frame goes on for long and keeps `input` only, not what else came with it.
   *
   * @returns what it holds from now on.
   */
  keepOnly(frame: HeldFrame, input: unknown): HeldFrame {
    const own = { chars: charsOf(input, frame.chars), calls: 0 };
    this.hold(own);
    this.letGo(frame);
    return own;
  }
}

// The least a value takes on the wire: a digit and a comma, or two brackets and one.
const leastChars = 3;

/** About what a value took on the wire; not above `most`. */
function charsOf(value: unknown, most: number): number {
  let chars = 0;
  const rest = [value];
  while (rest.length > 0 && chars < most) {
    const next = rest.pop();
    chars += leastChars;
    if (typeof next === "string") chars += next.length;
    else if (next instanceof Map || next instanceof Set) rest.push([...next]);
    else if (Array.isArray(next)) for (const item of next) rest.push(item);
    else if (typeof next === "object" && next !== null) {
      for (const [key, field] of Object.entries(next)) {
        chars += key.length;
        rest.push(field);
      }
    }
  }
  return Math.min(chars, most);
}
