// What intake counts of itself, for metrics. It only grows, from the start of the process.

export interface Counters {
  /** Requests whose body broke off: the client left, or was too slow. */
  intakeAborted: number;
  /** Submissions refused because as many were in flight as may be. */
  intakeShed: number;
}

export function createCounters(): Counters {
  return { intakeAborted: 0, intakeShed: 0 };
}
