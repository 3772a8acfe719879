// Random bytes from a seed, for a thread that the operating system's randomness is not handed to as it is to the first one.
//
// AES-256 in counter mode over zeros; each block's first bytes are the next block's key, so that what was given out cannot be
// computed from what is kept.
import { createCipheriv } from "node:crypto";

/** How many bytes `createKeystream` needs to begin with, and no more than they are worth can come out. */
export const seedBytes = 32;
const blockBytes = 16_384;
const zeros = new Uint8Array(blockBytes + seedBytes);
const firstCounter = new Uint8Array(16);

/** The same bytes for the same seed. Throws when the seed has another length. */
export function createKeystream(seed: Uint8Array): (count: number) => Uint8Array {
  let key = seed;
  let block = new Uint8Array(0);
  let used = 0;

  function refill(): void {
    const stream = createCipheriv("aes-256-ctr", key, firstCounter).update(zeros);
    key = stream.subarray(0, seedBytes);
    block = stream.subarray(seedBytes);
    used = 0;
  }

  refill();
  return (count) => {
    const drawn = new Uint8Array(count);
    for (let at = 0; at < count;) {
      if (used === block.length) refill();
      const part = block.subarray(used, used + Math.min(count - at, block.length - used));
      drawn.set(part, at);
      part.fill(0);
      used += part.length;
      at += part.length;
    }
    return drawn;
  };
}
