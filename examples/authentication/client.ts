import { connectionOf, createClient, safe } from "@tautline/client";
import type { account } from "./contract.js";

const url = process.env.URL ?? "ws://127.0.0.1:3000";

for (const token of ["t-ana", "t-ben", "t-stranger"]) {
  // A function is asked on each connect, so that a token can be a fresh one.
  const api = createClient<typeof account>({ url, credentials: async () => ({ token }) });

  const [me, refused] = await safe(api.me.query());
  if (refused) console.log(`${token}: ${refused.data?.code}`);
  else {
    const [, error] = await safe(api.admin.remove.mutate({ userId: "nobody" }));
    console.log(`${token}: ${me.userId}, ${me.role}, remove: ${error?.data?.code ?? "allowed"}`);
  }
  await connectionOf(api).close();
}
