import { createServer, implement } from "@tautline/server";
import { echo } from "./contract.js";

const router = implement(echo).router({
  async *greeting() {
    yield "Welcome aboard";
  },
  echo: ({ input }) => ({ text: input, at: new Date() }),
});

const server = createServer({
  router,
  onConnect: ({ connection }) => console.log(`${connection.client ?? "Somebody"} connected`),
});
const { url } = await server.listen(Number(process.env.PORT ?? 3000));
console.log(`Listening on ${url}`);
