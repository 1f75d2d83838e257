/** Tautline's client without a session: a lost socket ends what was under way on it. */
import type { Connect } from "../contestant.js";
import { connectTautline } from "../tautline/client.js";

export const connect: Connect = (url) => connectTautline(url, { session: false });
