// What a process remembers from claim to claim: whose turn it was, and whose runs have limits.
import { createRunningLimits, type RunningLimits } from "../running-limits.ts";

export interface ClaimMemory {
  /** By priority: the tenant that had the last turn. */
  readonly served: Map<number, string>;
  readonly limits: RunningLimits;
}

export function createClaimMemory(): ClaimMemory {
  return { served: new Map(), limits: createRunningLimits() };
}
