import { type AppErrorCode, appErrors } from "@tautline/contracts";
import { TRPCClientError as StockError } from "@trpc/client";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { describe, expect, it } from "vitest";
import { TRPCClientError } from "../trpc.js";
import { type LocalCode, mismatchKind, toFailure, toLocalError } from "./call-error.js";

const localCodes = [
  "CANCELLED",
  "DEADLINE_EXCEEDED",
  "NOT_SENT",
  "OUTCOME_UNKNOWN",
  "STREAM_LOST",
  "PAYLOAD_TOO_LARGE",
  "CONTRACT_MISMATCH",
  "INVALID_INPUT",
  "CLOSED",
] as const satisfies readonly (LocalCode & AppErrorCode)[];

describe("an error of this client's own", () => {
  it.each(localCodes)("has the shape a server would have sent: %s", (code) => {
    const { trpcCode } = appErrors[code];
    const kind = code === "CONTRACT_MISMATCH" ? mismatchKind : undefined;
    const error = toLocalError(code, "data" as never, "a.b", "Because", new Error("root"), kind);
    expect(error.shape).toEqual({
      message: "Because",
      code: TRPC_ERROR_CODES_BY_KEY[trpcCode],
      data: {
        code: trpcCode,
        httpStatus: getHTTPStatusCodeFromError(new TRPCError({ code: trpcCode })),
        path: "a.b",
        app: { code, data: "data" },
      },
    });
    expect(error.data).toBe(error.shape!.data);
    expect(error.cause).toEqual(new Error("root"));
  });

  it("is tRPC's in all that can be seen", () => {
    const error = toLocalError("CLOSED", { closeCode: 4503 }, "a", "Because");
    const stock = StockError.from({ error: error.shape } as never);
    expect(error).toBeInstanceOf(TRPCClientError);
    expect(TRPCClientError).toBe(StockError);
    expect(error).toBeInstanceOf(Error);
    expect(StockError.from(error as Error)).toBe(error);
    expect({ ...error, stack: 0 }).toEqual({ ...stock, stack: 0 });
    expect(String(error)).toBe(String(stock));
  });
});

describe("a failure of the server", () => {
  it("that can not be decoded is an error still", () => {
    const error = toFailure(
      {},
      () => {
        throw new TypeError("no");
      },
      "a",
    );
    expect(error).toMatchObject({
      data: { code: "PARSE_ERROR", path: "a" },
      cause: new TypeError("no"),
    });
    for (const odd of [undefined, null, 5, {}, { message: "x" }, { code: 1 }]) {
      expect(toFailure(odd, (value) => value, "a").data?.code).toBe("PARSE_ERROR");
    }
  });
});
