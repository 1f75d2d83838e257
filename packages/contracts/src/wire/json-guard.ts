/**
 * Bounds JSON before anybody parses it. Few bytes can be many values, and deep nesting ends
 * recursion in code that did not expect it; both show in one pass over the text, at a fraction
 * of what parsing costs. Text that is no JSON may pass: the parser says so right after.
 */

/** How much JSON is accepted. */
export interface JsonLimits {
  /** Levels of nesting; `[]` has one. `Limits.maxJsonDepth`, 64 by default. */
  readonly maxDepth: number;
  /** Values: numbers, strings, objects, …, but not keys. `Limits.maxJsonNodes`, 100,000 by default. */
  readonly maxNodes: number;
}

const quoteMark = 34;
const comma = 44;
const openArray = 91;
const backslash = 92;
const closeArray = 93;
const openObject = 123;
const closeObject = 125;

/** A sentence that names the limit exceeded and by what, or undefined when `text` keeps them. */
export function checkJson(text: string, limits: JsonLimits): string | undefined {
  const { maxDepth, maxNodes } = limits;
  // A value takes a character and a comma: most frames are too short to exceed anything.
  if (text.length < 2 * maxNodes && !hasMoreOpenings(text, maxDepth)) return undefined;

  let depth = 0;
  let nodes = 1;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case quoteMark:
        i = endOfString(text, i);
        break;
      case comma:
        nodes++;
        break;
      case openArray:
      case openObject:
        if (++depth > maxDepth) return tooDeep(depth, maxDepth);
        if (!isEmptyAfter(text, i)) nodes++;
        break;
      case closeArray:
      case closeObject:
        depth--;
    }
  }
  return nodes > maxNodes ? tooMany(nodes, maxNodes) : undefined;
}

/** The same for a value that has been parsed. */
export function checkJsonValue(value: unknown, limits: JsonLimits): string | undefined {
  const { maxDepth, maxNodes } = limits;
  let nodes = 1;
  // By level, not by recursion: the stack is what deep values are after.
  let level: object[] = isContainer(value) ? [value] : [];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return tooDeep(depth, maxDepth);
    const next: object[] = [];
    for (const container of level) {
      const children = Array.isArray(container) ? container : Object.values(container);
      nodes += children.length;
      if (nodes > maxNodes) return tooMany(nodes, maxNodes);
      for (const child of children) if (isContainer(child)) next.push(child);
    }
    level = next;
  }
  return undefined;
}

/** What is said of a key `__proto__`. */
export const protoKeyRefusal = "Cannot accept the key `__proto__`";

// Each letter as it is or escaped; `__proto__` as a value or inside of a longer key is none.
const protoKey =
  /"(?:_|\\u005[Ff]){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006[Ff])(?:t|\\u0074)(?:o|\\u006[Ff])(?:_|\\u005[Ff]){2}"\s*:/;

/**
 * Whether JSON has a key `__proto__`, at a cost that does not show. `JSON.parse` makes of it a field
 * like any other; but code that copies fields one by one sets a prototype that a stranger chose.
 *
 * @returns false when there is none. True when there may be one: {@link holdsProtoKey} knows.
 */
export function mayHoldProtoKey(text: string): boolean {
  return (text.includes("__proto__") || text.includes("\\u00")) && protoKey.test(text);
}

/** Whether an object inside a parsed value has a key `__proto__`. */
export function holdsProtoKey(value: unknown): boolean {
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (!isContainer(next)) continue;
    if (Object.hasOwn(next, "__proto__")) return true;
    for (const child of Array.isArray(next) ? next : Object.values(next)) rest.push(child);
  }
  return false;
}

/** Whether there are more brackets than levels allowed, those inside strings counted as well. */
function hasMoreOpenings(text: string, count: number): boolean {
  let left = count;
  for (const bracket of ["{", "["]) {
    for (let i = text.indexOf(bracket); i !== -1; i = text.indexOf(bracket, i + 1)) {
      if (left-- === 0) return true;
    }
  }
  return false;
}

/** The index of the quote that ends the string, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = start; ; ) {
    end = text.indexOf('"', end + 1);
    if (end === -1) return text.length;
    // An odd number of backslashes before it escapes the quote. Each is looked at once.
    let first = end;
    while (text.charCodeAt(first - 1) === backslash) first--;
    if ((end - first) % 2 === 0) return end;
  }
}

function isEmptyAfter(text: string, open: number): boolean {
  let i = open + 1;
  while (text.charCodeAt(i) <= 32) i++;
  const next = text.charCodeAt(i);
  return next === closeArray || next === closeObject;
}

const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null;

const tooDeep = (depth: number, limit: number) =>
  `Cannot accept JSON ${depth} levels deep: maxJsonDepth is ${limit}`;

const tooMany = (nodes: number, limit: number) =>
  `Cannot accept JSON of ${nodes} values: maxJsonNodes is ${limit}`;
