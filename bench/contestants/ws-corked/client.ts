/** The floor's client, with one write a turn. */
import type { Connect } from "../contestant.js";
import { connectWs } from "../ws/client.js";
import { corkedSend } from "./corked-send.js";

export const connect: Connect = (url) => connectWs(url, corkedSend);
