/** The very client of Tautline: what is recorded is the server's to say. */
export { connect } from "../tautline/client.js";
