/** For tests: a page of a contract whose server is played by hand, and what React makes of it. */
import { QueryClient } from "@tanstack/react-query";
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { settled } from "@tautline/testing";
import { act, configure } from "@testing-library/react";
import { createElement, type ReactNode, StrictMode } from "react";
import { z } from "zod";
import { createClient } from "../client.js";
import { createPlay } from "../play.test-kit.js";
import { createTautlineReact } from "./index.js";

// `findBy…` and `waitFor` give up after a second otherwise, which a busy machine may need for a render.
configure({ asyncUtilTimeout: 10_000 });

const app = contract({
  greet: query({ input: z.object({ name: z.string() }), output: z.object({ at: z.date() }) }),
  list: query({
    input: z.object({ cursor: z.number().optional() }),
    output: z.object({ items: z.array(z.string()), next: z.number().optional() }),
  }),
  change: mutation({
    input: z.object({ n: z.number() }),
    output: z.number(),
    errors: { TOO_MANY: z.object({ most: z.number() }) },
  }),
  ticks: subscription({ output: z.number() }),
  find: query({
    input: z.object({ id: z.string() }),
    output: z.string(),
    errors: { MOVED: z.object({ to: z.string() }) },
  }),
  log: subscription({
    input: z.object({ of: z.string() }),
    output: z.string(),
    errors: { SHUT: z.object({ since: z.number() }) },
    tracked: true,
  }),
});

export const { TautlineProvider, useApi, useConnection, useConnectionStats, useTRPC } =
  createTautlineReact<typeof app>();

/** A client and its played server; `show` puts a page under its provider. */
export function setUp() {
  const play = createPlay();
  const api = createClient<typeof app>({
    url: "ws://test/line",
    connect: play.network.connect,
    clock: play.clock,
    random: () => 0,
  });
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const show = (page: ReactNode) =>
    createElement(StrictMode, null, createElement(TautlineProvider, { api, queryClient }, page));
  /** The server's answers, as React sees them. */
  const say = async (...frames: unknown[]) => {
    await act(async () => {
      play.sockets.at(-1)!.say(...frames);
      await settled();
    });
  };
  return { play, api, show, say, queryClient };
}
