/** The process of a proxy, for loads that one process could not carry beside its own work. */
import { obey } from "../processes/obey.js";
import { type Ending, type LineFault, type LineProxy, startProxy } from "./proxy.js";

let proxy: LineProxy;

/** What the process can be told. */
export const proxyOrders = {
  /** Starts, and says the port. */
  async start(targets: readonly number[]): Promise<number> {
    proxy = await startProxy(...targets);
    return proxy.port;
  },
  all: (fault: LineFault) => proxy.all(fault),
  present: (fault: LineFault) => proxy.present(fault),
  coming: (fault: LineFault) => proxy.coming(fault),
  cut: (ending: Ending) => proxy.cut(ending),
  target: (ports: readonly number[]) => proxy.target(...ports),
  counts: () => ({ lines: proxy.lines.size, opened: proxy.opened }),
};

obey(proxyOrders);
