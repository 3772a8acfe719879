// The report for programs: everything that was measured and how it was judged, and on which machine.
import { cpus, totalmem } from "node:os";
import type { Result } from "../run-figures.ts";
import type { Size } from "../ground.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly platform: string;
}

export function thisMachine(): Machine {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memoryBytes: totalmem(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}

export interface Run {
  readonly startedAt: Date;
  readonly seconds: number;
  readonly size: Size;
  readonly machine: Machine;
  readonly results: readonly Result[];
}

/** `judged` is a ratio, percent or the value, as `judging` says; see figure.ts. */
export function jsonReport({ startedAt, seconds, size, machine, results }: Run): string {
  const report = {
    startedAt: startedAt.toISOString(),
    seconds: Math.round(seconds),
    size,
    machine,
    figures: results.map(({ letter, key, mode, line, outcome, busy }) => {
      const { name, against, unit, judging } = line;
      return { figure: letter, line: key, mode, name, against, unit, judging, ...outcome, busy };
    }),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}
