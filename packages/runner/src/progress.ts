// A run's progress on its way to the row: checked, coalesced to the newest, and never written after the end.
import type { Clock, Log, RunKey, RunProgress } from "@ringback/core";
import { boundedText } from "./bounded-text.ts";

export interface ProgressOptions {
  readonly run: RunKey;
  /** Least time between two writes. */
  readonly progressMs: number;
  readonly write: (progress: RunProgress) => Promise<"written" | "lost">;
  /** The store answered that the lease is gone. */
  readonly onLost: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface ProgressReport {
  /** Fire and forget: says nothing about whether it was written. A percentage that is no finite number is ignored. */
  report(percent: unknown, message: unknown): void;
  /** Drops what has not been written; called before the end is recorded. */
  close(): void;
}

export const progressMessageBytesMax = 1_024;

export function createProgressReport(options: ProgressOptions): ProgressReport {
  const { run, clock, log } = options;
  let newest: RunProgress | null = null;
  let isPausing = false;
  let isClosed = false;
  let forgetTimer: (() => void) | null = null;

  function report(percent: unknown, message: unknown): void {
    if (isClosed || typeof percent !== "number" || !Number.isFinite(percent)) return;
    newest = {
      tenantId: run.tenantId,
      jobId: run.jobId,
      token: run.token,
      percent: roundedPercent(percent),
      message: typeof message === "string" ? boundedText(message, progressMessageBytesMax) : null,
    };
    if (!isPausing) void writeNewest();
  }

  /** Pauses from the beginning of a write, and until it is over, so that writes of one run never overtake each other. */
  async function writeNewest(): Promise<void> {
    const progress = newest;
    if (progress === null || isClosed) return;
    newest = null;
    isPausing = true;
    const startedMs = clock.monotonicMs();
    try {
      const answer = await options.write(progress);
      if (answer === "lost" && !isClosed) options.onLost();
    } catch (thrown) {
      log.warn("progress_not_written", {
        jobId: run.jobId,
        errorName: thrown instanceof Error ? thrown.name : typeof thrown,
      });
    }
    if (isClosed) return;
    const restMs = Math.max(0, options.progressMs - (clock.monotonicMs() - startedMs));
    forgetTimer = clock.after(restMs, resume);
  }

  function resume(): void {
    isPausing = false;
    forgetTimer = null;
    void writeNewest();
  }

  return {
    report,
    close() {
      isClosed = true;
      newest = null;
      forgetTimer?.();
    },
  };
}

/** A whole number from 0 to 100, as the contract has it. */
function roundedPercent(percent: number): number {
  return Math.round(Math.min(100, Math.max(0, percent)));
}
