// Rounds of two things in turn, so that a machine whose speed drifts is unfair to neither.

/** One round of a figure: ours, and beside it what it is compared with, if anything. */
export interface Round {
  readonly ours: number;
  readonly bare: number | null;
}

/** Measures both in turn; who goes first changes from round to round. The first round warms up and is not counted. */
export async function inTurn(
  rounds: number,
  ours: (round: number) => Promise<number>,
  bare: (round: number) => Promise<number>,
): Promise<Round[]> {
  const measured: Round[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    if (round % 2 === 0) {
      const first = await ours(round);
      measured.push({ ours: first, bare: await bare(round) });
    } else {
      const first = await bare(round);
      measured.push({ ours: await ours(round), bare: first });
    }
  }
  return measured.slice(1);
}
