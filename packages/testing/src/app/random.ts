/**
 * Numbers from 0 up to 1, the same for the same seed: chance that a failed test has again the next
 * time. Marsaglia's xorshift32, https://doi.org/10.18637/jss.v008.i14
 */
export function createRandom(seed: number): () => number {
  // Multiplied, for neighbouring seeds would begin alike; never 0, where it would stay for ever.
  let state = Math.imul(seed, 0x9e3779b1) || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
