// Records how a run ended that was held outside. What came too late is refused: its lease, or its time, was over.
import type { RunEnded, RunOutcome } from "@ringback/core";
import { jsonAnswer, type Answer } from "../answers/answer.ts";
import { status } from "../answers/status.ts";
import { refusal, type Refusal } from "../problems/refusal.ts";
import type { OutsideRun } from "../tokens/run-tokens.ts";
import type { RouteDeps } from "./route-deps.ts";

export const leaseLost: Refusal = refusal(
  "lease-lost",
  "The run is not held by this token any more; nothing was recorded. The job itself says what became of it.",
);

export async function endRun(
  run: OutsideRun,
  outcome: RunOutcome,
  { store, clock, traces }: Pick<RouteDeps, "store" | "clock" | "traces">,
): Promise<RunEnded> {
  const [ended] = await store.runs.end([{ ...run, outcome }], clock.now());
  if (ended === undefined) throw new Error("the store answered for no run");
  // A run that somebody else has ended has had its span ended there.
  if (run.carried !== null && ended.status !== "lost")
    traces.carriedRun(run.carried, run).end(outcome, ended.status);
  return ended;
}

/** `{status}`: what the job is now. `queued` when it will be tried again, `canceled` when that was asked for before. */
export function endAnswer(ended: RunEnded): Answer | Refusal {
  return ended.status === "lost"
    ? leaseLost
    : jsonAnswer(status.ok, JSON.stringify({ status: ended.status }));
}
