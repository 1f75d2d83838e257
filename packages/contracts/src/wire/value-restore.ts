/**
 * Restoring: one value from its JSON and its annotation, wherever it came from. What a stranger
 * may have restored, `value-policy.ts` decides before.
 */
import { type Annotation, typedArrayName } from "./value-encode.js";

/**
 * Restores whatever stock superjson annotates, but for classes, symbols and custom types, which
 * it has to be taught.
 *
 * @throws Error of any kind, on other annotations and on JSON that does not fit its annotation.
 */
export function restore(json: unknown, annotation: unknown): unknown {
  const name = annotation as Annotation;
  if (name === "undefined") return undefined;
  if (typeof json === "string") {
    if (name === "Date") return new Date(json);
    if (name === "bigint") return BigInt(json);
    if (name === "number") return Number(json);
    if (name === "URL") return new URL(json);
    if (name === "regexp") {
      const end = json.lastIndexOf("/");
      return new RegExp(json.slice(1, end), json.slice(end + 1));
    }
  } else if (Array.isArray(json)) {
    if (name === "set") return new Set(json);
    if (name === "map") return new Map(json);
    // Only these names: `new globalThis.Function(…)` would run what was sent.
    if (typedArrayName.test(name[1]!)) return new (globalThis as any)[name[1]!](json);
  } else if (name === "Error" && typeof json === "object") {
    const { name, message } = json as Error;
    return Object.assign(new Error(message, json as Error), { name: String(name) });
  }
  throw new TypeError(`Cannot restore ${name}`);
}

declare const URL: new (text: string) => unknown;
