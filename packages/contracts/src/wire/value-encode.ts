/**
 * Encoding without a schema: one walk that finds what JSON can not say. For a client that holds
 * the contract only as a type, and for the places where a server's schema leaves the type open.
 * The form is superjson's; it is written here anew because superjson is larger than all of this
 * client's codec and takes several times as long. PROTOCOL.md §1.1
 */
import { escapeKey, isForbiddenKey } from "./value-path.js";

/** What has to be restored: `"Date"`, or a family and a member, `["custom", "Decimal"]`. */
export type Annotation = string | readonly [family: string, member: string];

/** Annotations of a value: of itself, then of what is inside it, by path. */
export type AnnotationTree =
  | readonly [Annotation]
  | readonly [Annotation, AnnotationBranch]
  | AnnotationBranch;

/** Annotations by path, relative to the value that holds them. */
export interface AnnotationBranch {
  readonly [path: string]: AnnotationTree;
}

/** A value on the wire: the nearest JSON, and what to restore in it. PROTOCOL.md §1.1 */
export interface EncodedValue {
  readonly json: unknown;
  readonly meta?: { readonly values: AnnotationTree; readonly v: 1 };
}

/**
 * Says a value in JSON and annotations, as `superjson.serialize` does. Nothing is mutated, and
 * objects in which nothing has to change are not copied.
 *
 * Differs from superjson where that loses something: an invalid Date arrives as one, and Dates
 * inside a class instance arrive as Dates. Class instances arrive as plain objects.
 *
 * @throws TypeError on functions, symbols, circles and objects without anything to send, such as
 * a Promise; the message has the path.
 */
export function encodeValue(value: unknown): EncodedValue {
  const encoding = new Encoding();
  const json = encoding.encode(value);
  const { found } = encoding;
  return { json, meta: found && { values: found, v: 1 } };
}

/** One value on its way. A class: functions of its own would cost each value more than its walk. */
class Encoding {
  /** From the root to the value in hand. */
  readonly #keys: (string | number)[] = [];
  /** Objects that enclose it, to notice a circle. */
  readonly #ancestors: object[] = [];
  /** Where paths start: a Map's or Set's annotations are relative to it. */
  #from = 0;
  found: AnnotationTree | undefined = undefined;

  encode(value: unknown): unknown {
    switch (typeof value) {
      case "number":
        // JSON has no NaN and no infinities, and JSON.stringify writes -0 as 0.
        if (Object.is(value, -0)) return this.#annotate(["number"], "-0");
        return Number.isFinite(value) ? value : this.#annotate(["number"], String(value));
      case "undefined":
        return this.#annotate(["undefined"], null);
      case "bigint":
        return this.#annotate(["bigint"], String(value));
      case "object":
        return value && this.#encodeObject(value);
      case "function":
      case "symbol":
        return this.#refuse(`a ${typeof value}`);
      default:
        return value;
    }
  }

  #encodeObject(value: any): unknown {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== Array.prototype) {
      // Any text that is no date will do for one that is invalid; this is the one people know.
      if (value instanceof Date) return this.#annotate(["Date"], value.toJSON() ?? "Invalid Date");
      if (value instanceof URL) return this.#annotate(["URL"], value.href);
      if (value instanceof RegExp) return this.#annotate(["regexp"], String(value));
      if (value instanceof Map) return this.#encodeInner("map", value, [...value]);
      if (value instanceof Set) return this.#encodeInner("set", value, [...value]);
      if (value instanceof Error) return this.#encodeInner("Error", value, errorFields(value));
      if (ArrayBuffer.isView(value)) {
        const name = (value as Uint8Array)[Symbol.toStringTag];
        if (!typedArrayName.test(name)) this.#refuse(`a ${name}`);
        return this.#encodeInner(["typed-array", name], value, [...(value as Uint8Array)]);
      }
    }
    return this.#encodeInside(value, value);
  }

  /** Encodes what stands for `owner`; the annotations inside are relative to it. */
  #encodeInner(type: Annotation, owner: object, content: object): unknown {
    const outerFrom = this.#from;
    const outerFound = this.found;
    this.#from = this.#keys.length;
    this.found = undefined;
    const json = this.#encodeInside(owner, content);
    const tree: AnnotationTree = this.found ? [type, this.found] : [type];
    this.#from = outerFrom;
    this.found = outerFound;
    return this.#annotate(tree, json);
  }

  /** Encodes what is in an object or a list. */
  #encodeInside(owner: object, content: any): unknown {
    if (this.#ancestors.includes(owner)) this.#refuse("a reference in a circle");
    this.#ancestors.push(owner);
    const json =
      typeof content.toJSON === "function"
        ? this.encode(content.toJSON(this.#keys.at(-1)))
        : this.#encodeEach(content);
    this.#ancestors.pop();
    return json;
  }

  #encodeEach(content: any): unknown {
    const isList = Array.isArray(content);
    const names = isList ? content : Object.keys(content);
    if (names.length === 0 && !isList && isInstance(content)) {
      // Nearly always a forgotten `await`.
      this.#refuse(`an empty ${content.constructor?.name ?? "object"}`);
    }
    let json = content;
    for (let i = 0; i < names.length; i++) {
      const key = isList ? i : names[i];
      // An assignment would set a prototype, at most receivers, too.
      if (key === "__proto__") this.#refuse("the key `__proto__`");
      const value = content[key];
      if (typeof value === "string") continue; // the most frequent, and always JSON
      this.#keys.push(key);
      const encoded = this.encode(value);
      this.#keys.pop();
      if (encoded === value) continue;
      if (json === content) json = isList ? [...content] : { ...content };
      json[key] = encoded;
    }
    return json;
  }

  #annotate(tree: AnnotationTree, json: unknown): unknown {
    if (this.#keys.length === this.#from) {
      this.found = tree; // the whole value: a path would have no keys
    } else {
      if (this.#keys.some(isForbiddenKey)) this.#refuse("what needs an annotation");
      this.found ??= {};
      (this.found as Record<string, AnnotationTree>)[this.#pathFrom(this.#from)] = tree;
    }
    return json;
  }

  #refuse(what: string): never {
    throw new TypeError(`Cannot encode ${what} at ${this.#pathFrom(0) || "the root"}`);
  }

  #pathFrom(from: number): string {
    let path = "";
    for (let i = from; i < this.#keys.length; i++) path += `.${escapeKey(this.#keys[i]!)}`;
    return path.slice(1);
  }
}

/** The JSON text of what {@link encodeValue} returns. */
export function stringifyValue(value: unknown): string {
  return JSON.stringify(encodeValue(value));
}

/** The typed arrays superjson knows; those of bigints are not among them. */
export const typedArrayName = /^(U?[Ii]nt(8|8Clamped|16|32)|Float(32|64))Array$/;

// The stack stays here: it tells strangers about our files.
function errorFields(error: Error): object {
  const { name, message, cause } = error;
  return { name, message, ...("cause" in error && { cause }) };
}

// Asks for the prototype's prototype, not for Object: an object may come from another frame.
function isInstance(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype !== null && Object.getPrototypeOf(prototype) !== null;
}

// Node and browsers have it; no library of types that all of them share does.
declare const URL: new (text: string) => { readonly href: string };
