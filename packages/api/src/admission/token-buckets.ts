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
  /** The last in the map's order, which is that of use. */
  let newest: Bucket | null = null;

  /** What the bucket holds now; a full one for a name that has none. */
  function filled(known: Bucket | undefined, perMinute: number): Bucket {
    const nowMs = monotonicMs();
    if (known === undefined) return { tokens: perMinute, atMs: nowMs };
    const flowed = ((nowMs - known.atMs) * perMinute) / (windowSeconds * 1_000);
    return { tokens: Math.min(perMinute, known.tokens + flowed), atMs: nowMs };
  }

  /** Puts it last, and forgets the first when there are too many. A name that asks again and again costs nothing here. */
  function keep(name: string, bucket: Bucket): void {
    if (bucket === newest) return;
    buckets.delete(name);
    buckets.set(name, bucket);
    newest = bucket;
    if (buckets.size <= bucketsMax) return;
    const [oldest] = buckets.keys();
    if (oldest !== undefined) buckets.delete(oldest);
  }

  function toldOf({ tokens }: Bucket, perMinute: number, ok: boolean): Taken {
    const missing = 1 - (tokens - Math.floor(tokens));
    const nextInSeconds = Math.max(1, Math.ceil((missing * windowSeconds) / perMinute));
    return { ok, left: Math.floor(tokens), nextInSeconds };
  }

  return {
    take(name, perMinute) {
      const known = buckets.get(name);
      const { tokens, atMs } = filled(known, perMinute);
      const bucket = known ?? { tokens, atMs };
      const ok = tokens >= 1;
      bucket.tokens = ok ? tokens - 1 : tokens;
      bucket.atMs = atMs;
      keep(name, bucket);
      return toldOf(bucket, perMinute, ok);
    },
    look(name, perMinute) {
      const bucket = filled(buckets.get(name), perMinute);
      return toldOf(bucket, perMinute, bucket.tokens >= 1);
    },
  };
}
