// The runner's settings: how much at once, and how long each thing may take. The server maps its own settings onto these.
import { tombstoneDefaultMs } from "@ringback/core";

export interface RunnerSettings {
  /** Runs at once; 0 claims no jobs at all. */
  readonly runConcurrency: number;
  /** Lanes held at once; 0 claims no lanes at all. A slot costs nothing until a lane takes it. */
  readonly lanesMax: number;
  /** Runs of one tenant at once, over all processes, unless it has a limit of its own; undefined for no such limit. */
  readonly tenantRunningMax?: number | undefined;
  /** How long a lease holds without being extended. */
  readonly leaseMs: number;
  /** How often leases are extended; at most half of `leaseMs`. */
  readonly heartbeatMs: number;
  /** How often the sweep looks for what no ring told. */
  readonly sweepMs: number;
  /** How long a turn waits for another ring at a lane with nothing due, while nobody else wants its slot. */
  readonly laneLingerMs: number;
  /** How long a busy turn may go on while other lanes wait for a slot. */
  readonly laneSliceMs: number;
  /** How long a canceled handler has to stop by itself. */
  readonly cancelGraceMs: number;
  /** The same after a run timeout, a lost lease or a stray fault. */
  readonly abortGraceMs: number;
  /** Least time between two progress writes of one run. */
  readonly progressMs: number;
  /** The largest result that is kept. */
  readonly resultBytesMax: number;
  /** How long a due job of an unknown kind waits for a process that knows it. */
  readonly unknownKindHoldMs: number;
  /** How long what is over is kept; see `Retention` in core. */
  readonly eventRetentionMs: number;
  readonly deliveryRetentionMs: number;
  readonly deadLetterRetentionMs: number;
  readonly attemptBodyRetentionMs: number;
  readonly replayRetentionMs: number;
  /** How long a job's tombstone is kept once its payloads have been erased. */
  readonly tombstoneMs: number;
  /** True when no other process can hold a lease (embedded): the first sweep takes back every lease that is not ours. */
  readonly soleHolder: boolean;
}

export const runnerDefaults: RunnerSettings = {
  runConcurrency: 20,
  lanesMax: 512,
  leaseMs: 30_000,
  heartbeatMs: 10_000,
  sweepMs: 5_000,
  laneLingerMs: 1_000,
  laneSliceMs: 5_000,
  cancelGraceMs: 5_000,
  abortGraceMs: 1_000,
  progressMs: 500,
  resultBytesMax: 1_048_576,
  unknownKindHoldMs: 600_000,
  eventRetentionMs: 30 * 86_400_000,
  deliveryRetentionMs: 30 * 86_400_000,
  deadLetterRetentionMs: 30 * 86_400_000,
  attemptBodyRetentionMs: 30 * 86_400_000,
  replayRetentionMs: 30 * 86_400_000,
  tombstoneMs: tombstoneDefaultMs,
  soleHolder: false,
};

/** Throws a RangeError that lists everything wrong; the server's own settings are narrower, so this is a programmer's. */
export function assertSettings(settings: RunnerSettings): void {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === "number" && (!Number.isSafeInteger(value) || value < 0)) {
      problems.push(`${name} must be a whole number of at least 0`);
    }
  }
  for (const name of ["leaseMs", "heartbeatMs", "sweepMs", "resultBytesMax"] as const) {
    if (settings[name] === 0) problems.push(`${name} must be at least 1`);
  }
  if (settings.heartbeatMs * 2 > settings.leaseMs)
    problems.push("heartbeatMs must be at most half of leaseMs");
  if (problems.length > 0) throw new RangeError(problems.join("; "));
}
