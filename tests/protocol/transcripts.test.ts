/**
 * Every transcript is replayed twice: to the real server with its client played, and to the real
 * client with its server played. So one file holds both ends to the same page.
 */
import { describe, it } from "vitest";
import { readCatalogue } from "./catalogue.js";
import { replayToClient } from "./replay-to-client.js";
import { replayToServer } from "./replay-to-server.js";

const catalogue = readCatalogue();
const chapters = [...new Set(catalogue.map(({ chapter }) => chapter))];

describe.each(chapters)("%s", (chapter) => {
  const filed = catalogue.filter((transcript) => transcript.chapter === chapter);

  describe("played to the client", () => {
    for (const transcript of filed.filter(({ plays }) => plays.has("client"))) {
      it(`${transcript.name}: ${transcript.title}`, () => replayToClient(transcript));
    }
  });

  describe("played to the server", () => {
    for (const transcript of filed.filter(({ plays }) => plays.has("server"))) {
      it(`${transcript.name}: ${transcript.title}`, () => replayToServer(transcript));
    }
  });
});
