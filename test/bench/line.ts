// One line of the table: what is measured, what it is compared with, how that is judged, and what the aim is.

export const modeNames = ["embedded", "scale-out"] as const;
export type ModeName = (typeof modeNames)[number];

/** What the judged number should be. */
export type Aim = { readonly atLeast: number } | { readonly below: number };

/**
 * How a line's rounds become the number that is judged, round by round:
 * `value` ours as it is · `ratio` ours / bare · `more` by how many percent ours is above bare · `less` by how many it is below.
 */
export type Judging = "value" | "ratio" | "more" | "less";

/** The unit of what is measured; what is judged is a plain number (`ratio`) or percent (`more`, `less`). */
export type Unit = "/s" | "ms" | "MB";

/** One line of the table. */
export interface Line {
  readonly name: string;
  /** What it is compared with; null when it stands for itself. */
  readonly against: string | null;
  readonly unit: Unit;
  readonly judging: Judging;
  /** Null where none was set. */
  readonly aim: Readonly<Record<ModeName, Aim | null>>;
}

/** The same aim in both modes. */
export function both(aim: Aim | null): Line["aim"] {
  return { embedded: aim, "scale-out": aim };
}
