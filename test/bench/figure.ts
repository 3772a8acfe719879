// What a figure is: one thing that is measured, and the lines it adds to the table, each with its comparison and its aim.
import type { Ground } from "./ground.ts";
import type { Round } from "./numbers/rounds.ts";

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

/** Each process's share of one core while it was measured, and the whole machine's share of all its cores. */
export type Busy = Readonly<Record<string, number>>;

export interface Measured {
  /** By line. */
  readonly rounds: Readonly<Record<string, readonly Round[]>>;
  readonly busy: Busy;
}

export interface Figure {
  /** What it is asked for by on the command line. */
  readonly letter: string;
  /** In the order of the table. */
  readonly lines: Readonly<Record<string, Line>>;
  /** Rejects when it cannot be measured; the message says why. Whatever it opened on the ground is closed by the ground. */
  measure(ground: Ground): Promise<Measured>;
}

/** The same aim in both modes. */
export function both(aim: Aim | null): Line["aim"] {
  return { embedded: aim, "scale-out": aim };
}
