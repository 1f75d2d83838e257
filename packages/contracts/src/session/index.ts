/** What both ends of a session keep. For the two ends, and for authors of other clients. */
export { ackDelayMs, isCounted, Ledger } from "./ledger.js";
