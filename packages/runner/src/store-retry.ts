// Keeps at a write that must not be given up while the store is away: what has happened has happened.
import { StoreUnavailable, type Clock, type Random } from "@ringback/core";

export interface StoreRetryOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** True when nothing would be gained any more, because the lease is gone. */
  readonly isOver: () => boolean;
}

const firstDelayMs = 100;
const delayMaxMs = 5_000;

/**
 * The answer of `write`, which is made again with backoff (100 ms doubling to 5 s, half of it jitter) as long as the
 * store is unavailable; null when `isOver` said so before it succeeded. Any other error rejects at once.
 */
export async function untilStored<Answer>(
  write: () => Promise<Answer>,
  options: StoreRetryOptions,
): Promise<Answer | null> {
  const { clock, random, isOver } = options;
  for (let tries = 0; !isOver(); tries += 1) {
    try {
      return await write();
    } catch (thrown) {
      if (!(thrown instanceof StoreUnavailable)) throw thrown;
    }
    const delayMs = Math.min(delayMaxMs, firstDelayMs * 2 ** tries) * (0.5 + random.unit() / 2);
    await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
  }
  return null;
}
