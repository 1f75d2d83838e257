import { createServer } from "@tautline/server";
import { appRouter } from "./router.js";

const { url } = await createServer({ router: appRouter }).listen(Number(process.env.PORT ?? 3000));
console.log(`Listening on ${url}`);
