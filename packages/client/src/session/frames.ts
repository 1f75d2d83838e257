/** Frames: what is sent in one turn leaves in as few frames as the limit allows. PROTOCOL.md §1 */

/** Gathers messages and hands them on as frames of at most `maxFrameBytes`. */
export function createFrames(send: (frame: string) => void) {
  let messages: string[] = [];
  let size = 0;

  function flush() {
    // A list as text is what is in it, with commas between.
    if (size > 0) send(messages.length > 1 ? `[${messages}]` : messages[0]!);
    messages = [];
    size = 0;
  }

  return {
    /** Adds a message that alone fits a frame. `bytes` is its size, or more. */
    add(text: string, bytes: number, maxFrameBytes: number) {
      // Two for the brackets, one for the comma.
      if (size + bytes + 3 > maxFrameBytes) flush();
      messages.push(text);
      size += bytes + 1;
    },
    flush,
  };
}
