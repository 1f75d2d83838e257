// @vitest-environment happy-dom

import { skipToken } from "@tanstack/react-query";
import { settled } from "@tautline/testing";
import { act, cleanup, render, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, expectTypeOf, it } from "vitest";
import { isDeclared } from "../index.js";
import { event, failure, result } from "../play.test-kit.js";
import { useSubscription } from "./index.js";
import { setUp, useTRPC } from "./page.test-kit.js";

afterEach(cleanup);

describe("useSubscription", () => {
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
});
