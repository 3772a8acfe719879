// Time and randomness are arguments everywhere; these are the two ports they come through.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** The process's clock. In scale-out it is corrected to the database's; in tests it is moved by hand. */
export interface Clock {
  /** The present, in wall time. */
  now(): Instant;
  /** Milliseconds from an arbitrary start that never jump; only differences mean something. */
  monotonicMs(): number;
  /** Calls `wake` once after `delayMs`, and returns a function that forgets it. Never keeps a process alive by itself. */
  after(delayMs: number, wake: () => void): () => void;
}

export interface Random {
  /** `count` bytes fit for keys and secrets. The array is the caller's own. */
  bytes(count: number): Uint8Array;
  /** A number in [0, 1), for jitter only. */
  unit(): number;
}

/** RFC 3339 in UTC with milliseconds, as the contract spells every instant. */
export function formatInstant(instant: Instant): string {
  return new Date(instant).toISOString();
}
