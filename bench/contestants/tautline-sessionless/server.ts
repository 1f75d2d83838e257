/** The very server of Tautline: whether there is a session is the client's to say. */
export { serve } from "../tautline/server.js";
