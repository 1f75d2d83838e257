/** Frames: what is sent in one turn leaves in as few frames as the limit allows. PROTOCOL.md §1 */

/** Gathers messages and hands them on as frames of at most `maxFrameBytes`. */
export function createFrames(send: (frame: string) => void) {
  let frame = "";
  let messages = 0;
  let size = 0;

  function flush() {
    if (messages > 0) send(messages === 1 ? frame : `[${frame}]`);
    drop();
  }

  function drop() {
    frame = "";
    messages = size = 0;
  }

  return {
    /** Adds a message that alone fits a frame. `bytes` is its size, or more. */
    add(text: string, bytes: number, maxFrameBytes: number) {
      // Two for the brackets, one for the comma.
      if (size + bytes + 3 > maxFrameBytes) flush();
      frame = messages++ === 0 ? text : `${frame},${text}`;
      size += bytes + 1;
    },
    flush,
    /** Forgets what was not handed on. */
    drop,
  };
}
