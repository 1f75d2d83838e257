/** Facts about types. The compiler is the test runner: a fact that does not hold does not compile. */

/** `true` if, and only if, the two types are the same. */
export type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** States a fact: `holds<Equal<A, B>>()`. */
export function holds<_Fact extends true>(): void {}
