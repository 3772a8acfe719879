// What commits have done, in numbers: told by the store after each commit, counted by whoever exports metrics.

/**
 * `job_accepted`: `of` is its kind · `job_finished`: `of` is its kind, `as` the final status · `attempt_recorded`: `of` is its code ·
 * `delivery_finished`: `of` is what it ended as.
 */
export interface Tallied {
  readonly what: "job_accepted" | "job_finished" | "attempt_recorded" | "delivery_finished";
  readonly of: string;
  /** Empty where there is nothing to say. */
  readonly as: string;
  readonly count: number;
}

/** Called once per commit of this process that did any of it. */
export type TallySink = (tallied: readonly Tallied[]) => void;
