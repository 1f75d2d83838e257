/** The floor's server, with one write a turn. */
import { serveWs } from "../ws/server.js";
import { corkedSend } from "./corked-send.js";

export const serve = () => serveWs(corkedSend);
