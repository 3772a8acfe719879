// What a figure is: one thing that is measured, and the lines it adds to the table.
import type { Busy } from "./busy.ts";
import type { Ground } from "./ground.ts";
import type { Line } from "./line.ts";
import type { Round } from "./numbers/rounds.ts";

export interface Figure {
  /** What it is asked for by on the command line. */
  readonly letter: string;
  /** By key, in the order of the table. */
  readonly lines: Readonly<Record<string, Line>>;
  /** Rejects when it cannot be measured; the message says why. Whatever it opened on the ground is closed by the ground. */
  measure(ground: Ground): Promise<Measured>;
}

export interface Measured {
  /** By the key of the line. */
  readonly rounds: Readonly<Record<string, readonly Round[]>>;
  readonly busy: Busy;
}
