/** Callbacks of the application, called so that their errors stay theirs. */

/**
 * Calls what is not ours. Its error surfaces as an uncaught one, a moment later: it must not stop
 * our own work, nor the other listeners of a socket.
 */
export function guarded(run: () => void) {
  try {
    run();
  } catch (error) {
    setTimeout(() => {
      throw error;
    });
  }
}
