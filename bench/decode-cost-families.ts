/**
 * What a stranger may send to make a decoder work hard. Each family keeps the limits of a single
 * value (depth, digits, keys), so that it is decoded and not refused.
 */
const meta = (values: unknown, rest: object = {}) => ({ values, v: 1, ...rest });
/** A frame with one encoded value. */
export const text = (json: unknown, values: unknown) =>
  JSON.stringify({ json, meta: meta(values) });

/** An array of one item, n times, each with the same annotation. */
const annotated = (item: unknown, tree: unknown) => (bytes: number) => {
  const size = JSON.stringify(item).length + JSON.stringify(tree).length + 10;
  const count = Math.floor(bytes / size);
  return text(
    new Array(count).fill(item),
    Object.fromEntries(new Array(count).fill(tree).entries()),
  );
};

const nest = (depth: number, innermost: unknown) => {
  let json = innermost;
  for (let i = 0; i < depth; i++) json = { a: json };
  return json;
};

/** V8 hashes small integers without a secret; these share the low ten bits of their hash. */
export function collidingNumbers(count: number): number[] {
  const found: number[] = [];
  for (let n = 0; found.length < count; n++) {
    let hash = (~n + (n << 15)) >>> 0;
    hash = (hash ^ (hash >>> 12)) >>> 0;
    hash = (hash + (hash << 2)) >>> 0;
    hash = (hash ^ (hash >>> 4)) >>> 0;
    hash = Math.imul(hash, 2057) >>> 0;
    if (((hash ^ (hash >>> 16)) & 1023) === 0) found.push(n);
  }
  return found;
}

const colliding = collidingNumbers(256);
// Only the low 64 bits of a bigint are hashed.
const bigints = colliding.map((_, i) => String(BigInt(i) << 64n));
const han = encodeURIComponent("漢字仮名交文書体".repeat(3)).slice(0, 216);

/** Writers of frames of about so many bytes, each with a trick of its own. */
export const families: Record<string, (bytes: number) => string> = {
  "plain numbers": (bytes) => JSON.stringify({ json: new Array(bytes >> 1).fill(0) }),
  Dates: annotated("2026-11-22T08:00:00.000Z", ["Date"]),
  undefined: annotated(null, ["undefined"]),
  "bigints of 64 digits": annotated("9".repeat(64), ["bigint"]),
  "short URLs": annotated("a:b", ["URL"]),
  "URLs in another script": annotated(`http://${han}/`, ["URL"]),
  "Maps of one": annotated([[0, 0]], ["map"]),
  "Sets of colliding numbers": annotated(colliding, ["set"]),
  "Sets of colliding bigints": annotated(bigints, [
    "set",
    Object.fromEntries(bigints.map((_, i) => [i, ["bigint"]])),
  ]),
  "Set of strings": (bytes) =>
    text(
      Array.from({ length: bytes / 12 }, (_, i) => `key-${i}`),
      ["set"],
    ),
  "Maps in Maps": annotated(
    nestedMap(30),
    Array.from({ length: 30 }).reduce((tree) => ["map", { "0.1": tree }], ["map"] as unknown),
  ),
  "long paths": (bytes) => {
    const count = bytes / 160;
    const path = "a.".repeat(58);
    const trees = Array.from({ length: count }, (_, i) => [`${path}${i}`, ["undefined"]]);
    return text(nest(58, new Array(Math.floor(count)).fill(null)), Object.fromEntries(trees));
  },
  "a long key above many paths": (bytes) => {
    const key = "k".repeat(bytes / 2);
    const count = bytes / 2 / 24;
    const trees = Array.from({ length: count }, (_, i) => [i, ["undefined"]]);
    const json = { [key]: new Array(Math.floor(count)).fill(null) };
    return text(json, { [key]: ["set", Object.fromEntries(trees)] });
  },
  "references to one object": (bytes) => {
    const paths = new Array(Math.floor(bytes / 4)).fill("b");
    const references = { referentialEqualities: { a: paths } };
    return JSON.stringify({ json: { a: {}, b: {} }, meta: meta(undefined, references) });
  },
  "references into a Map": (bytes) => {
    const entries = Array.from({ length: bytes / 32 }, (_, i) => [`${i}`, 0]);
    const paths = new Array(entries.length).fill(`m.${entries.length - 1}.1`);
    const rest = { referentialEqualities: { a: paths } };
    return JSON.stringify({ json: { a: {}, m: entries }, meta: meta({ m: ["map"] }, rest) });
  },
  "references along long paths": (bytes) => {
    const paths = new Array(Math.floor(bytes / 120)).fill(`${"a.".repeat(58)}a`);
    const references = { referentialEqualities: { a: paths } };
    return JSON.stringify({ json: nest(59, {}), meta: meta(undefined, references) });
  },
};

function nestedMap(depth: number): unknown {
  return Array.from({ length: depth }).reduce((inner) => [[0, inner]], [] as unknown);
}
