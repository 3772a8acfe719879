// Judges the rounds of one line in one mode: what was measured, what is compared, and whether the aim is met.
import type { Aim, Judging, Line, ModeName } from "./line.ts";
import type { Round } from "./numbers/rounds.ts";
import { spreadOf, type Spread } from "./numbers/statistics.ts";

export type Verdict = "met" | "missed" | "no aim";

export interface Judged {
  readonly ours: Spread;
  readonly bare: Spread | null;
  /** What is compared with the aim: its median is. */
  readonly judged: Spread;
  readonly aim: Aim | null;
  readonly verdict: Verdict;
}

/** Throws a RangeError without rounds, and when a line is to be compared and has nothing to be compared with. */
export function judge(line: Line, rounds: readonly Round[], mode: ModeName): Judged {
  const ours = spreadOf(rounds.map((round) => round.ours));
  // What is judged by itself may have something beside it all the same.
  const isCompared = line.judging !== "value" || line.against !== null;
  const bare = isCompared ? spreadOf(rounds.map(bareOf)) : null;
  const judged = spreadOf(
    rounds.map((round) => judgedBy[line.judging](round.ours, isCompared ? bareOf(round) : 0)),
  );
  const aim = line.aim[mode];
  return { ours, bare, judged, aim, verdict: verdictOf(judged.median, aim) };
}

/** From ours and what it is compared with to what is judged. */
const judgedBy: Readonly<Record<Judging, (ours: number, bare: number) => number>> = {
  value: (ours) => ours,
  ratio: (ours, bare) => ours / bare,
  more: (ours, bare) => (ours / bare - 1) * 100,
  less: (ours, bare) => (1 - ours / bare) * 100,
};

function bareOf({ bare }: Round): number {
  if (bare === null || bare <= 0) throw new RangeError("There is nothing to compare with.");
  return bare;
}

function verdictOf(value: number, aim: Aim | null): Verdict {
  if (aim === null) return "no aim";
  return ("atLeast" in aim ? value >= aim.atLeast : value < aim.below) ? "met" : "missed";
}
