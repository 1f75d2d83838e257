// @vitest-environment happy-dom

import { useQuery } from "@tanstack/react-query";
import { settled } from "@tautline/testing";
import { act, cleanup, render, screen } from "@testing-library/react";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, it } from "vitest";
import { useSubscription } from "./index.js";
import { setUp, useApi, useConnection, useConnectionStats, useTRPC } from "./page.test-kit.js";

afterEach(cleanup);

describe("in React", () => {
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
