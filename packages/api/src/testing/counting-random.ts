// Randomness for tests: every draw is different and every test sees the same ones.
import type { Random } from "@ringback/core";

export function createCountingRandom(): Random {
  let draws = 0;
  return {
    bytes(count) {
      draws += 1;
      return Uint8Array.from({ length: count }, (_, index) => (draws * 31 + index * 7) % 256);
    },
    unit: () => 0.5,
  };
}
