/**
 * Reads defaults twice: as TSDoc promises them (`@default 15_000`) and as the code sets them
 * (`{ intervalMs = 15_000 }`, `options.what ?? "x"`, `const defaultLimits = { … }`). It reads text,
 * not syntax trees: TypeScript 7 has no parser to offer yet, and house style keeps defaults literal.
 */

/**
 * @typedef {object} Documented
 * @property {string} name The option.
 * @property {string | undefined} value Its default, normalized; `undefined` when said in words.
 * @property {number} line
 *
 * @typedef {Map<string, string[]>} Defaults By option, the values that the code falls back to.
 */

const docComment = /\/\*\*(?:[^*]|\*(?!\/))*\*\//g;
const declaration = /^\s*(?:export\s+|const\s+|readonly\s+|static\s+|#)*([\w$]+)/;
const literal =
  /^(?:-?[\d._]+(?:e\d+)?|"[^"]*"|'[^']*'|true|false|null|undefined|\{[^}]*\}|\[[^\]]*\])(?![\w-])/;

/**
 * Every `@default` in a file, with the option it stands at: what is declared after the comment, or
 * the parameter whose `@param` it follows.
 *
 * @param {string} source
 * @returns {Documented[]}
 */
export function documentedDefaults(source) {
  return [...source.matchAll(docComment)].flatMap((comment) => {
    const after = source.slice(comment.index + comment[0].length);
    const declared = declaration.exec(after)?.[1] ?? "";
    let name = declared;
    return comment[0].split("\n").flatMap((text, i) => {
      name = /@param\s+(?:\{.*?\}\s*)?\[?([\w$]+)/.exec(text)?.[1] ?? name;
      const said = /@default\s+(.*?)\s*(?:\*\/)?$/.exec(text)?.[1];
      if (said === undefined) return [];
      const value = literal.exec(said)?.[0];
      const line = source.slice(0, comment.index).split("\n").length + i;
      return [{ name, value: value && normalize(value), line }];
    });
  });
}

/**
 * Every default that a file's code sets, by the option's name.
 *
 * @param {string} source
 * @returns {Defaults}
 */
export function codeDefaults(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
  /** @type {Defaults} */
  const defaults = new Map();
  /** @param {string} name @param {string} value */
  const add = (name, value) => {
    defaults.set(name, [...(defaults.get(name) ?? []), normalize(value)]);
  };

  // { name = 1 }, { name: alias = 1 }, (name: number = 1), const name = 1
  for (const found of code.matchAll(/([\w$]+)(\??:\s*[\w$<>[\]| "]+?)?\s*=(?![=>])\s*/g)) {
    add(found[1], expressionAt(code, found.index + found[0].length));
  }
  for (const found of code.matchAll(/([\w$]+)\s*\?\?=?\s*/g)) {
    add(found[1], expressionAt(code, found.index + found[0].length));
  }
  // const defaultLimits: Limits = { name: 1 }, const CloseCode = { Draining: 4000 }
  for (const found of code.matchAll(
    /const\s+(?:\w*[dD]efault\w*|[A-Z]\w*)[^=;]*=\s*(?:\w+\.freeze\()?\{/g,
  )) {
    const body = expressionAt(code, found.index + found[0].length - 1);
    for (const entry of body.matchAll(/([\w$]+)\s*:\s*/g)) {
      add(entry[1], expressionAt(body, entry.index + entry[0].length));
    }
  }
  // { name: 1, ...options }
  for (const found of code.matchAll(/([\w$]+):\s*(?=[-\d"'[{tfnu])/g)) {
    const start = found.index + found[0].length;
    const value = expressionAt(code, start);
    if (expressionAt(code, start, /[)\]};]/).includes("...")) add(found[1], value);
  }
  // name !== false
  for (const found of code.matchAll(/([\w$]+)\s*[!=]==\s*false/g)) add(found[1], "true");
  return defaults;
}

/**
 * Whether the code falls back to the documented value. A name in the code stands for what it is a
 * constant of; `x.name` for the `name` among the defaults.
 *
 * @param {Pick<Documented, "name" | "value">} documented
 * @param {Defaults} here Those of the same file.
 * @param {Defaults} everywhere Those of all files.
 * @returns {string | undefined} What is wrong, or `undefined`.
 */
export function whyNotEqual({ name, value }, here, everywhere) {
  if (value === undefined) return undefined; // said in words: for people to compare
  if (hasEqualMembers(value, here, everywhere)) return undefined;
  const candidates = here.get(name) ?? everywhere.get(name) ?? [];
  if (candidates.length === 0) {
    // Left out, an option is undefined, which is as good as false.
    const none = value === "undefined" || value === "false";
    return none ? undefined : `no default of ${name} was found in the code`;
  }
  const values = candidates.flatMap((candidate) => resolve(candidate, here, everywhere));
  if (values.includes(value)) return undefined;
  return `${name} is documented as ${value}, but the code says ${candidates.join(" or ")}`;
}

/**
 * Whether `{ a: 1, b: 2 }` is what the code falls back to member by member.
 *
 * @param {string} value
 * @param {Defaults} here
 * @param {Defaults} everywhere
 */
function hasEqualMembers(value, here, everywhere) {
  const members = value.startsWith("{") ? [...value.matchAll(/([\w$]+): ([^,}]+)/g)] : [];
  if (members.length === 0) return false;
  return members.every(([, name, text]) => {
    return !whyNotEqual({ name, value: normalize(text) }, here, everywhere);
  });
}

/**
 * @param {string} value
 * @param {Defaults} here
 * @param {Defaults} everywhere
 * @returns {string[]}
 */
function resolve(value, here, everywhere, depth = 0) {
  const constant = /^(?:[\w$]+\.)*([A-Za-z_$][\w$]*)$/.exec(value)?.[1];
  if (!constant || depth > 3) return [value];
  const values = here.get(constant) ?? everywhere.get(constant) ?? [];
  return [value, ...values.flatMap((each) => resolve(each, here, everywhere, depth + 1))];
}

/**
 * The expression that starts at `start`: up to the end of the line, a comma, a semicolon or a bracket
 * that is not its own.
 *
 * @param {string} code
 * @param {number} start
 */
function expressionAt(code, start, end = /[,;)\]}\n]/) {
  let depth = 0;
  let at = start;
  for (; at < code.length; at++) {
    const char = code[at];
    if (depth === 0 && end.test(char)) break;
    if (/[([{]/.test(char)) depth++;
    if (/[)\]}]/.test(char)) depth--;
  }
  return code.slice(start, at);
}

/**
 * One spelling for equal values: `1024 * 1024` and `1_048_576`, `'a'` and `"a"`.
 *
 * @param {string} value
 */
function normalize(value) {
  const text = value
    .replace(/(?<=\d)_(?=\d)/g, "")
    .replace(/\s+(?:as|satisfies)\s+.*$/, "")
    .replace(/'/g, '"')
    .replace(/\s+/g, " ")
    .trim();
  const product = /^\d+(?:\.\d+)?(?: ?\* ?\d+(?:\.\d+)?)*$/.test(text);
  return product ? String(text.split("*").reduce((a, b) => a * Number(b), 1)) : text;
}
