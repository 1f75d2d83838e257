// @vitest-environment happy-dom

import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { settled } from "@tautline/testing";
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import { isDeclared } from "../index.js";
import { failure, result } from "../play.test-kit.js";
import { setUp, useTRPC } from "./page.test-kit.js";

afterEach(cleanup);

describe("with TanStack Query", () => {
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
    await settled();
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
});
