// Rounds of two things in turn, so that a machine whose speed drifts is unfair to neither; the ratio is taken pair by pair.

export interface Paired {
  /** Per second, the median of the rounds. */
  readonly ours: number;
  readonly bare: number;
  /** The median of the rounds' ratios ours / bare, with the smallest and the largest. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number };
}

/** Each measure gives one figure per second; the first round warms up and is not counted. */
export async function paired(
  rounds: number,
  ours: () => Promise<number>,
  bare: () => Promise<number>,
): Promise<Paired> {
  const figures: { ours: number; bare: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const figure = { ours: await ours(), bare: await bare() };
    if (round > 0) figures.push(figure);
  }
  const ratios = figures.map((figure) => figure.ours / figure.bare).toSorted((a, b) => a - b);
  return {
    ours: median(figures.map((figure) => figure.ours)),
    bare: median(figures.map((figure) => figure.bare)),
    ratio: { median: median(ratios), min: ratios[0] ?? 0, max: ratios.at(-1) ?? 0 },
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
