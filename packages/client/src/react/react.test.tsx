// @vitest-environment happy-dom

import {
  QueryClient,
  skipToken,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { contract, mutation, query, subscription } from "@tautline/contracts";
import { settled } from "@tautline/testing";
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { createClient } from "../client.js";
import { isDeclared } from "../index.js";
import { createPlay, event, failure, result } from "../play.test-kit.js";
import { createTautlineReact, useSubscription } from "./index.js";

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

const { TautlineProvider, useApi, useConnection, useConnectionStats, useTRPC } =
  createTautlineReact<typeof app>();

function setUp() {
  const play = createPlay();
  const api = createClient<typeof app>({
    url: "ws://test/line",
    connect: play.network.connect,
    clock: play.clock,
    random: () => 0,
  });
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const show = (page: React.ReactNode) => (
    <StrictMode>
      <TautlineProvider api={api} queryClient={queryClient}>
        {page}
      </TautlineProvider>
    </StrictMode>
  );
  /** The server's answers, as React sees them. */
  const say = async (...frames: unknown[]) => {
    await act(async () => {
      play.sockets.at(-1)!.say(...frames);
      await settled();
    });
  };
  return { play, api, show, say, queryClient };
}

afterEach(cleanup);

describe("in React", () => {
  it("a query is rendered, with the contract's types", async () => {
    const { play, show, say } = setUp();
    function Greeting() {
      const { data, error } = useQuery(useTRPC().greet.queryOptions({ name: "Ana" }));
      expectTypeOf(data).toEqualTypeOf<{ at: Date } | undefined>();
      if (error) return <p>{error.data?.code}</p>;
      return <p>{data ? `year ${data.at.getUTCFullYear()}` : "…"}</p>;
    }
    render(show(<Greeting />));
    const socket = await play.socket();
    expect(socket.messages[1].params).toEqual({ path: "greet", input: { json: { name: "Ana" } } });
    socket.welcome();
    const at = "2026-11-22T08:00:00.000Z";
    await say({
      id: 1,
      result: { type: "data", data: { json: { at }, meta: { values: { at: ["Date"] }, v: 1 } } },
    });
    await screen.findByText("year 2026");
  });

  it("a mutation's declared error is narrowed", async () => {
    const { play, show, say } = setUp();
    function Button() {
      const { mutate, error, data } = useMutation(useTRPC().change.mutationOptions());
      return (
        <button type="button" onClick={() => mutate({ n: 1 })}>
          {isDeclared(error, "TOO_MANY") ? `at most ${error.data.app.data.most}` : `${data}`}
        </button>
      );
    }
    render(show(<Button />));
    await settled();
    expect(play.sockets).toHaveLength(0);
    act(() => screen.getByRole("button").click());
    const socket = await play.socket();
    socket.welcome();
    await say(failure(1, "UNPROCESSABLE_CONTENT", { code: "TOO_MANY", data: { most: 3 } }));
    await screen.findByText("at most 3");
  });

  it("a query's declared error is narrowed, and any other keeps tRPC's code", async () => {
    const { show, say, play } = setUp();
    function Found({ id }: { id: string }) {
      const { error } = useQuery(useTRPC().find.queryOptions({ id }));
      if (isDeclared(error, "MOVED")) {
        expectTypeOf(error.data.app.data).toEqualTypeOf<{ to: string }>();
        return <p>{`${id} moved to ${error.data.app.data.to}`}</p>;
      }
      // @ts-expect-error this procedure declares no such error
      isDeclared(error, "TOO_MANY");
      return <p>{`${id} ${error ? error.data?.code : "…"}`}</p>;
    }
    render(
      show(
        <>
          <Found id="a" />
          <Found id="b" />
        </>,
      ),
    );
    (await play.socket()).welcome();
    await say(
      failure(1, "UNPROCESSABLE_CONTENT", { code: "MOVED", data: { to: "c" } }),
      failure(2, "NOT_FOUND"),
    );
    await screen.findByText("a moved to c");
    await screen.findByText("b NOT_FOUND");
  });

  it("a mutation's answer is rendered, and makes the list be asked for again", async () => {
    const { play, show, say } = setUp();
    function Page() {
      const trpc = useTRPC();
      const client = useQueryClient();
      const list = useQuery(trpc.list.queryOptions({}));
      const change = useMutation(
        trpc.change.mutationOptions({
          onSuccess: () => client.invalidateQueries(trpc.list.queryFilter()),
        }),
      );
      expectTypeOf(change.mutate).parameter(0).toEqualTypeOf<{ n: number }>();
      expectTypeOf(change.data).toEqualTypeOf<number | undefined>();
      return (
        <button type="button" onClick={() => change.mutate({ n: 1 })}>
          {`${list.data?.items.join()} ${change.status} ${change.data}`}
        </button>
      );
    }
    render(show(<Page />));
    const socket = await play.socket();
    socket.welcome();
    await say(result(1, { items: ["a"] }));
    await screen.findByText("a idle undefined");
    act(() => screen.getByRole("button").click());
    await waitFor(() => expect(socket.messages.at(-1).method).toBe("mutation"));
    await screen.findByText("a pending undefined");
    await say(result(2, 7));
    await waitFor(() => expect(socket.messages.at(-1)).toMatchObject({ id: 3, method: "query" }));
    await say(result(3, { items: ["a", "b"] }));
    await screen.findByText("a,b success 7");
  });

  it("an infinite query follows its cursor", async () => {
    const { play, show, say } = setUp();
    function List() {
      const options = useTRPC().list.infiniteQueryOptions(
        {},
        { getNextPageParam: (page) => page.next },
      );
      const { data, fetchNextPage } = useInfiniteQuery(options);
      return (
        <button type="button" onClick={() => fetchNextPage()}>
          {data?.pages.flatMap(({ items }) => items).join() ?? "…"}
        </button>
      );
    }
    render(show(<List />));
    (await play.socket()).welcome();
    await say(result(1, { items: ["a", "b"], next: 2 }));
    await screen.findByText("a,b");
    act(() => screen.getByRole("button").click());
    await waitFor(() => expect(play.sockets[0]!.messages).toHaveLength(3));
    expect(play.sockets[0]!.messages[2].params.input.json).toMatchObject({ cursor: 2 });
    await say(result(2, { items: ["c"] }));
    await screen.findByText("a,b,c");
  });

  it("a subscription is followed and stopped with its component", async () => {
    const { play, show, say } = setUp();
    function Ticks() {
      const { data, status } = useSubscription(useTRPC().ticks.subscriptionOptions());
      return <p>{`${status} ${data}`}</p>;
    }
    const { unmount } = render(show(<Ticks />));
    const socket = await play.socket();
    socket.welcome();
    const { id } = socket.messages.at(-1);
    await say({ id, result: { type: "started" } });
    await screen.findByText("pending undefined");
    await say(result(id, 5));
    await screen.findByText("pending 5");
    unmount();
    await settled();
    expect(socket.messages.at(-1)).toEqual({ id, method: "subscription.stop" });
  });

  it("a tracked subscription tells each event, and goes on after the last one", async () => {
    const { play, show, say } = setUp();
    const heard: string[] = [];
    function Log() {
      const { data, status } = useSubscription(
        useTRPC().log.subscriptionOptions(
          { of: "deck" },
          {
            onStarted: () => heard.push("started"),
            onData(one) {
              expectTypeOf(one).toEqualTypeOf<{ readonly id: string; readonly data: string }>();
              heard.push(one.data);
            },
          },
        ),
      );
      return <p>{`${status} ${data?.data}`}</p>;
    }
    render(show(<Log />));
    const first = await play.socket();
    first.welcome();
    const { id } = first.messages.at(-1);
    await say({ id, result: { type: "started", tracked: true } }, event(id, "e1", "a"));
    await say(event(id, "e2", "b"));
    await screen.findByText("pending b");
    expect(heard).toEqual(["started", "a", "b"]);

    await act(async () => {
      first.cut();
      await settled();
    });
    await screen.findByText("connecting b");
    const second = await play.socket(1);
    await act(async () => {
      second.welcome();
      await settled();
    });
    const again = second.messages.at(-1);
    expect(again.params).toEqual({
      path: "log",
      input: { json: { of: "deck" } },
      lastEventId: "e2",
    });
    await say({ id: again.id, result: { type: "started", tracked: true } });
    await say(event(again.id, "e3", "c"));
    await screen.findByText("pending c");
    expect(heard.slice(3)).toEqual(["started", "c"]);
  });

  it("a subscription's declared error is narrowed, and it can be asked for again", async () => {
    const { play, show, say } = setUp();
    function Log() {
      const log = useSubscription(useTRPC().log.subscriptionOptions({ of: "deck" }));
      if (isDeclared(log.error, "SHUT")) {
        return (
          <button type="button" onClick={log.reset}>
            {`${log.status} since ${log.error.data.app.data.since}`}
          </button>
        );
      }
      return <p>{log.status}</p>;
    }
    render(show(<Log />));
    const socket = await play.socket();
    socket.welcome();
    const { id } = socket.messages.at(-1);
    await say(failure(id, "UNPROCESSABLE_CONTENT", { code: "SHUT", data: { since: 9 } }));
    await screen.findByText("error since 9");
    act(() => screen.getByRole("button").click());
    await waitFor(() => expect(socket.messages.at(-1).id).toBeGreaterThan(id));
    expect(socket.messages.at(-1)).toMatchObject({
      method: "subscription",
      params: { path: "log" },
    });
    await say({ id: socket.messages.at(-1).id, result: { type: "started", tracked: true } });
    await screen.findByText("pending");
  });

  it("a subscription that is switched off, or has no input yet, asks for nothing", async () => {
    const { play, show } = setUp();
    function Log() {
      const trpc = useTRPC();
      const off = useSubscription(trpc.log.subscriptionOptions({ of: "deck" }, { enabled: false }));
      const skipped = useSubscription(trpc.log.subscriptionOptions(skipToken));
      return <p>{`${off.status} ${skipped.status}`}</p>;
    }
    render(show(<Log />));
    await screen.findByText("idle idle");
    await settled();
    expect(play.sockets).toHaveLength(0);
  });

  it("queries under a path are refetched together", async () => {
    const { play, show, say } = setUp();
    function Page() {
      const trpc = useTRPC();
      const client = useQueryClient();
      const { data } = useQuery(trpc.list.queryOptions({}));
      return (
        <button type="button" onClick={() => client.invalidateQueries(trpc.pathFilter())}>
          {data?.items.join() ?? "…"}
        </button>
      );
    }
    render(show(<Page />));
    (await play.socket()).welcome();
    await say(result(1, { items: ["a"] }));
    await screen.findByText("a");
    act(() => screen.getByRole("button").click());
    await waitFor(() => expect(play.sockets[0]!.messages).toHaveLength(3));
    await say(result(2, { items: ["b"] }));
    await screen.findByText("b");
  });

  it("the state of the connection and what was counted are rendered", async () => {
    const { play, show, say } = setUp();
    function Panel() {
      const { state, connection } = useConnection();
      const { framesIn, reconnects } = useConnectionStats(5);
      return (
        <button type="button" onClick={() => connection.connect()}>
          {`${state.name} ${framesIn} ${reconnects}`}
        </button>
      );
    }
    render(show(<Panel />));
    await screen.findByText("idle 0 0");
    act(() => screen.getByRole("button").click());
    await screen.findByText("connecting 0 0");
    const socket = await play.socket();
    await act(async () => {
      socket.welcome();
      await settled();
    });
    await screen.findByText("open 1 0");
    await say({ method: "unknown" });
    await screen.findByText("open 2 0");
    await act(async () => {
      socket.close(4000);
      await settled();
    });
    await screen.findByText("waiting 2 0");
  });

  it("the client itself is at hand, and a component outside says what it misses", () => {
    const { api, show } = setUp();
    function Direct() {
      return <p>{useApi() === api ? "same" : "other"}</p>;
    }
    render(show(<Direct />));
    screen.getByText("same");
    expect(() => renderToString(<Direct />)).toThrow("there is no TautlineProvider");
  });

  it("rendering on a server opens no socket", async () => {
    const { play, api, show } = setUp();
    function Page() {
      const { data } = useQuery(useTRPC().greet.queryOptions({ name: "Ana" }));
      const { state } = useConnection();
      const { framesIn } = useConnectionStats();
      useSubscription(useTRPC().ticks.subscriptionOptions());
      return <p>{`${state.name} ${framesIn} ${data}`}</p>;
    }
    expect(renderToString(show(<Page />))).toBe("<p>idle 0 undefined</p>");
    await settled();
    expect(play.sockets).toHaveLength(0);
    expect(api).toBeDefined();
  });
});
