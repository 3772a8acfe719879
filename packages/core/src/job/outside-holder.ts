// Holders of runs that are no process of ours: who leases jobs over HTTP, and an upstream that finishes one later.
import type { RunOutcome } from "./after-run.ts";

/** Their leases survive every restart of ours; a process's own name never begins with "@". */
export const outsideHolders = { lease: "@lease", upstream: "@upstream" } as const;

/** What a run whose lease has run out ended as: an upstream's lease is the run's own time, everybody else has gone silent. */
export function outcomeOfLapse(claimedBy: string | null): RunOutcome {
  if (claimedBy !== outsideHolders.upstream) return { kind: "lost" };
  const message = "The upstream answered 202 and did not finish the job within its run timeout.";
  return { kind: "failed", code: "run_timeout", message, retryable: true };
}
