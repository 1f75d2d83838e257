import { appErrorOf, connectionOf, createClient, safe } from "@tautline/client";
import type { account } from "./contract.js";
import { issue, type User } from "./login.js";

const url = process.env.URL ?? "ws://127.0.0.1:3000";
const ana: User = { userId: "ana", role: "admin" };
const ben: User = { userId: "ben", role: "member" };

/** A function is asked for each connection, and again when what it gave has expired. */
const connect = (token: () => string) =>
  createClient<typeof account>({ url, credentials: async () => ({ token: token() }) });

// 1. Who is let in, and who may do what.
const tokens = { ana: issue(ana, 60_000), ben: issue(ben, 60_000), old: issue(ben, -1), none: "" };
for (const [name, token] of Object.entries(tokens)) {
  const api = connect(() => token);
  const [me, refused] = await safe(api.me.query());
  if (refused) console.log(`${name}: ${refused.data?.code}`);
  else {
    const [, error] = await safe(api.admin.bar.mutate({ userId: "nobody" }));
    console.log(`${name}: ${me.userId}, ${me.role}, bar: ${error?.data?.code ?? "allowed"}`);
  }
  await connectionOf(api).close();
}

// 2. Tokens that hold for a third of a second: they are renewed on the live connection.
let issued = 0;
const brief = connect(() => {
  issued++;
  return issue(ben, 333);
});
let last = 0;
try {
  for await (const n of brief.ticks.subscribe()) {
    if (n !== last + 1) console.log(`${n} came after ${last}`);
    last = n;
    if (n === 30) {
      const { reconnects } = connectionOf(brief).stats;
      console.log(
        `ben: 30 ticks, ${issued > 3} that he had several tokens, ${reconnects} reconnects`,
      );

      // 3. Access is taken back while he listens.
      const admin = connect(() => tokens.ana);
      await admin.admin.bar.mutate({ userId: "ben" });
      await connectionOf(admin).close();
    }
  }
} catch (error) {
  const { code, data } = appErrorOf(error) ?? {};
  console.log(`ben: ${code} ${JSON.stringify(data)}, state ${connectionOf(brief).state.name}`);
}
const [, refused] = await safe(connect(() => issue(ben, 60_000)).me.query());
console.log(`ben again: ${refused?.data?.code}`);
