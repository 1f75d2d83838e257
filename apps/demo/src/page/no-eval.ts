/**
 * zod compiles its parsers with `eval` where it may. The page's policy forbids that, and merely
 * trying counts as a violation, so it is told before the first schema is made.
 */
import { config } from "zod";

config({ jitless: true });
