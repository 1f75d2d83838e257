/** The hooks of this page's contract: named once here, typed everywhere. */
import { createTautlineReact } from "@tautline/client/react";
import type { incidents } from "../../contract.js";

export const { TautlineProvider, useApi, useConnection, useConnectionStats, useTRPC } =
  createTautlineReact<typeof incidents>();
