// Token buckets: so many requests a minute for each key of the map, with a burst of as many. In this process only.

export interface Taken {
  readonly ok: boolean;
  /** What may still be taken at once. */
  readonly left: number;
  /** Whole seconds until there is one more, at least 1. */
  readonly nextInSeconds: number;
}

export interface TokenBuckets {
  /** Takes one when there is one. `perMinute` is what the bucket holds and what flows into it in a minute. */
  take(name: string, perMinute: number): Taken;
  /** The same without taking. */
  look(name: string, perMinute: number): Taken;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

export const windowSeconds = 60;

/**
 * The one not used for the longest is forgotten when there are more than `bucketsMax`; whoever comes back after that finds a
 * full bucket, so memory is bounded at the price of more than `bucketsMax` names being limited less strictly.
 */
export function createTokenBuckets(monotonicMs: () => number, bucketsMax: number): TokenBuckets {
  const buckets = new Map<string, Bucket>();

  function filled(name: string, perMinute: number): Bucket {
    const nowMs = monotonicMs();
    const known = buckets.get(name);
    if (known === undefined) return { tokens: perMinute, atMs: nowMs };
    const flowed = ((nowMs - known.atMs) * perMinute) / (windowSeconds * 1_000);
    return { tokens: Math.min(perMinute, known.tokens + flowed), atMs: nowMs };
  }

  function toldOf({ tokens }: Bucket, perMinute: number, ok: boolean): Taken {
    const missing = 1 - (tokens - Math.floor(tokens));
    const nextInSeconds = Math.max(1, Math.ceil((missing * windowSeconds) / perMinute));
    return { ok, left: Math.floor(tokens), nextInSeconds };
  }

  return {
    take(name, perMinute) {
      const bucket = filled(name, perMinute);
      const ok = bucket.tokens >= 1;
      if (ok) bucket.tokens -= 1;
      // Set anew, so that the map's order is that of use.
      buckets.delete(name);
      buckets.set(name, bucket);
      if (buckets.size > bucketsMax) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      return toldOf(bucket, perMinute, ok);
    },
    look(name, perMinute) {
      const bucket = filled(name, perMinute);
      return toldOf(bucket, perMinute, bucket.tokens >= 1);
    },
  };
}
