/**
 * Proxy: `api.incident.byId.query(input)` without code for a single procedure. Every name is
 * looked up once and kept, so a call costs the proxy four property reads.
 */

/** Calls `method` of the procedure at `path`. */
export type Invoke = (
  path: string,
  method: string,
  input: unknown,
  options: object | undefined,
) => unknown;

// How JavaScript itself talks to objects; `contract()` refuses them as names. `then` would make
// the proxy look like a promise.
const spoken = /^(then|call|apply|bind|toJSON|valueOf|toString|constructor|prototype|__proto__)$/;

/** Creates the proxy of everything under `path`. */
export function createProxy(invoke: Invoke, path = "", name = ""): object {
  const under = path && name ? `${path}.${name}` : path + name;
  const children = new Map<string | symbol, object>();
  const call = (input: unknown, options?: object) => invoke(path, name, input, options);
  return new Proxy(call, {
    get(target, key) {
      let child = children.get(key);
      if (!child) {
        if (typeof key === "symbol" || spoken.test(key)) return target[key as keyof typeof target];
        child = createProxy(invoke, under, key);
        children.set(key, child);
      }
      return child;
    },
  });
}
