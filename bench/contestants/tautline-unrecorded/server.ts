/** Tautline's server with sessions, but without a note of the mutations that have run. */
import { serveTautline } from "../tautline/server.js";

export const serve = () => serveTautline({ requests: false });
