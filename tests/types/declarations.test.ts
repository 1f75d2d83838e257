/**
 * What an application's own declarations say of calls. Under pnpm it sees its own dependencies only:
 * a declaration that names another package's type can not be written (TS2742, TS2883).
 */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { openEditor } from "./editor.js";

// From the root, as under pnpm, tRPC is not within reach.
const folder = fileURLToPath(new URL("../../", import.meta.url));

const helpers = `
  import { type Client, connectionOf, createClient, safe } from "@tautline/client";
  import type { app } from "./tests/types/sample.js";
  type Api = Client<typeof app>;
  export const now = (api: Api) => api.now.query();
  export const list = (api: Api["incident"]) => api.list.query({});
  export const acknowledge = (api: Api) => api.incident.acknowledge.mutate({ id: "i1" });
  export const safely = (api: Api) => safe(api.incident.list.query({}));
  export const failure = async (api: Api) => (await safe(api.incident.list.query({})))[1];
  export const connection = (api: Api) => connectionOf(api);
  export const create = () => createClient<typeof app>({ url: "/line" });
`;

describe("the declarations of functions that return calls", () => {
  const declaration = openEditor(folder, { "helpers.ts": helpers }).declaration("helpers.ts");

  it.each(["CallErrorClass", "QueryCall"])("name %s, which is ours", (name) =>
    expect(declaration).toMatch(new RegExp(`import\\("[^"]*client[^"]*"\\)\\.${name}<`)),
  );

  it("name nothing of tRPC for subscriptions", () => {
    const text = `
      import type { Client } from "@tautline/client";
      import type { app } from "./tests/types/sample.js";
      type Api = Client<typeof app>;
      export const follow = (api: Api) => api.incident.changes.subscribe({ id: "i1" });
      export const watch = (api: Api) => api.incident.changes.subscribe({ id: "i1" }, { onData() {} });
    `;
    expect(openEditor(folder, { "follow.ts": text }).complaints()).toEqual([]);
    const declared = openEditor(folder, { "follow.ts": text }).declaration("follow.ts");
    expect(declared).toMatch(/\.EventIterator<[\s\S]*\.Unsubscribable;/);
    expect(declared).not.toMatch(/@trpc/);
  });
});
