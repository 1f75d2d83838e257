/** Where things are, seen from the sources as from `dist`. */
import { fileURLToPath } from "node:url";

const above = new URL("..", import.meta.url);
const bench = above.pathname.endsWith("/dist/") ? new URL("..", above) : above;
const folder = (path: string) => fileURLToPath(new URL(path, bench));

export const benchFolder = folder("./");
/** What docs may quote. */
export const resultsFolder = folder("results/");
/** Made of the results. */
export const reportFolder = folder("../docs/benchmarks/");
/** Where a trial run leaves both: it never touches what docs quote. */
export const trialFolder = folder(".cache/trial/");
