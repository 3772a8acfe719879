// A Random for tests: the same seed gives the same bytes and the same jitter.
import type { Random } from "../ports/time.ts";

/** mulberry32: small, and good enough for anything but secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { unit, bytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(unit() * 256)) };
}

/** A Random whose jitter is always the middle, so that delays are exactly the plain ones. */
export const noJitter: Random = { unit: () => 0.5, bytes: (count) => new Uint8Array(count) };
