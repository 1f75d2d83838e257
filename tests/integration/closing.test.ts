import { contract, query } from "@tautline/contracts";
import { createServer, implement, type RequestStore } from "@tautline/server";
import { expect, it } from "vitest";
import { z } from "zod";

const app = contract({ work: query({ output: z.string() }) });

it("close rejects, and does not hang, when an option was not what it should be", async () => {
  const router = implement(app).router({ work: () => "done" });
  const server = createServer({ router, requests: 0 as unknown as RequestStore });
  await server.listen(0);
  await expect(server.close()).rejects.toThrow(TypeError);
  expect(server.state).toBe("closed");
});
