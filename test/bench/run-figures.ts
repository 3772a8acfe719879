// Runs the figures one after the other, each for every mode, and judges what they measured. What cannot be measured is told, and
// the others go on.
import { createClosing, type Closing } from "./closing.ts";
import type { Busy } from "./busy.ts";
import type { Figure } from "./figure.ts";
import type { Line, ModeName } from "./line.ts";
import { layGround, type Size } from "./ground.ts";
import type { Mode } from "./house/mode.ts";
import { judge, type Judged } from "./judge.ts";
import { bounded } from "../support/bounded.ts";

/** One line of the table in one mode. */
export interface Result {
  readonly letter: string;
  readonly key: string;
  readonly line: Line;
  readonly mode: ModeName;
  readonly outcome: Judged | { readonly problem: string };
  /** Empty when it could not be measured. */
  readonly busy: Busy;
}

export interface RunOptions {
  readonly figures: readonly Figure[];
  readonly modes: readonly Mode[];
  readonly size: Size;
  /** Holds what is open at any time, for whoever has to end early. */
  readonly closing: Closing;
  readonly progress: (text: string) => void;
}

/** No figure may take longer; the slowest fills a database with millions of rows and has them erased. */
const figureMs: Readonly<Record<Size, number>> = { full: 600_000, quick: 120_000 };

export async function runFigures(options: RunOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const figure of options.figures) {
    for (const mode of options.modes) results.push(...(await runFigure(figure, mode, options)));
  }
  return results;
}

async function runFigure(figure: Figure, mode: Mode, options: RunOptions): Promise<Result[]> {
  const { size, progress } = options;
  const { letter } = figure;
  const startedMs = performance.now();
  progress(`(${letter}) ${mode.name} … `);
  const closing = createClosing();
  options.closing.add(() => closing.close());
  const lines = Object.entries(figure.lines);
  const common = { letter, mode: mode.name };
  try {
    const measuring = figure.measure(layGround(mode, size, closing));
    const { rounds, busy } = await bounded(measuring, figureMs[size], () => `end of figure (${letter})`);
    await closing.close();
    progress(`${((performance.now() - startedMs) / 1_000).toFixed(0)} s\n`);
    return lines.map(([key, line]) => {
      return { ...common, key, line, busy, outcome: judge(line, rounds[key] ?? [], mode.name) };
    });
  } catch (thrown) {
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    progress(`not measured: ${problem}\n`);
    await closing.close().catch(() => undefined);
    return lines.map(([key, line]) => ({ ...common, key, line, busy: {}, outcome: { problem } }));
  }
}
