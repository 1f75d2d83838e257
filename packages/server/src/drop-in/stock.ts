/**
 * The types of tRPC's own WebSocket adapter, for the drop-in alone: they name `ws`, so whoever
 * imports them needs `@types/ws`. That is why they do not pass through trpc.ts, where the main
 * entry would bring them to everybody.
 */
export type {
  CreateWSSContextFn,
  CreateWSSContextFnOptions,
  Encoder,
  WSConnectionHandlerOptions,
  WSSHandlerOptions,
} from "@trpc/server/adapters/ws";
