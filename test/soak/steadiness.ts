// Decides whether a figure stayed flat over time: what it was after warming up, against what it is in the end.

export interface Steadiness {
  /** The median of the first third after warming up, and of the last third. */
  readonly first: number;
  readonly last: number;
  readonly isFlat: boolean;
}

/** What a figure may have grown by: the greater of a part of what it was and an amount of its own unit. */
export interface Allowance {
  readonly part: number;
  readonly amount: number;
}

/** Of the time in which caches fill, pools open and the compiler is at work. */
const warmingPart = 0.25;
/** Fewer samples say nothing about a trend. */
const samplesMin = 8;

/** `samples` in the order of time, evenly spaced. Throws when there are fewer than 8. */
export function steadinessOf(samples: readonly number[], allowance: Allowance): Steadiness {
  if (samples.length < samplesMin)
    throw new Error(`${samples.length} samples are too few to see a trend in.`);
  const warm = samples.slice(Math.floor(samples.length * warmingPart));
  const third = Math.floor(warm.length / 3);
  const first = medianOf(warm.slice(0, third));
  const last = medianOf(warm.slice(-third));
  return { first, last, isFlat: last - first <= Math.max(first * allowance.part, allowance.amount) };
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
