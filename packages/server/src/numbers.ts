/**
 * Numbers an application sets: times, and how much of something. They are looked at where they are
 * given, because one that is none (`Number(process.env.GRACE_MS)`, left unset) fails far from there:
 * a timer that never fires, or a message that no client can read.
 */

/**
 * Checks the numbers of one option.
 *
 * @param option What they belong to, as the application wrote it.
 * @param isZeroAllowed Whether 0 means something: at once, or none.
 * @param isInfinityAllowed Whether infinity does: for ever, or any number.
 * @throws RangeError when one is no such number.
 */
export function assertNumbers(
  option: string,
  numbers: Readonly<Record<string, unknown>>,
  { isZeroAllowed = false, isInfinityAllowed = true } = {},
) {
  for (const [name, value] of Object.entries(numbers)) {
    const isNumber = typeof value === "number" && (value > 0 || (isZeroAllowed && value === 0));
    if (isNumber && (isInfinityAllowed || value !== Number.POSITIVE_INFINITY)) continue;
    const least = isZeroAllowed ? "of at least 0" : "above 0";
    const kind = isInfinityAllowed ? "a number" : "a finite number";
    const full = option === "" ? name : `${option}.${name}`;
    throw new RangeError(`Cannot use ${String(value)} for ${full}: it must be ${kind} ${least}`);
  }
}
