/**
 * A strict reader of the Prometheus text format 0.0.4: it refuses what a scraper might only guess at.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

/** One line with a number. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The samples of one metric. */
export interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelPart = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/y;

/**
 * Reads a page.
 *
 * @throws Error with the line that is no line of the format.
 */
export function readExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("The last line must end with a line feed");
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current = { name: "", type: "", help: "", samples: [] as Sample[] };
  for (const line of text.split("\n")) {
    const refuse = (why: string) => new Error(`${why}: ${line}`);
    if (line === "") continue;
    const [, word, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === "HELP") {
      if (families.has(name)) throw refuse("A metric comes twice");
      current = { name, type: "", help: rest, samples: [] };
      families.set(name, current);
    } else if (word === "TYPE") {
      if (name !== current.name) throw refuse("A type without its help");
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw refuse("No type");
      current.type = rest;
    } else if (!line.startsWith("#")) {
      const sample = readSample(line);
      const key = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) throw refuse("A sample comes twice");
      seen.add(key);
      const suffix = sample.name.slice(current.name.length);
      const allowed = current.type === "histogram" ? /^_(bucket|sum|count)$/ : /^$/;
      if (!sample.name.startsWith(current.name) || !allowed.test(suffix)) {
        throw refuse("A sample of another metric");
      }
      current.samples.push(sample);
    }
  }
  return families;
}

function readSample(line: string): Sample {
  const [, name = "", inBraces = "", number = ""] = sampleLine.exec(line) ?? [];
  if (name === "") throw new Error(`No sample: ${line}`);
  const labels: Record<string, string> = {};
  labelPart.lastIndex = 0;
  let at = 0;
  while (at < inBraces.length) {
    const [, label, escaped = ""] = labelPart.exec(inBraces) ?? [];
    if (label === undefined || label in labels) throw new Error(`Bad labels: ${line}`);
    labels[label] = escaped.replace(/\\(.)/g, (_, sign) => (sign === "n" ? "\n" : sign));
    at = labelPart.lastIndex;
  }
  const value = number === "+Inf" ? Infinity : Number(number);
  if (Number.isNaN(value) && number !== "NaN") throw new Error(`No number: ${line}`);
  return { name, labels, value };
}
