// What a transaction is to set off once it is committed: rings and changes, merged, and forgotten if it is rolled back.
import type { Change, Instant, Ring, Tallied } from "@ringback/core";

export interface Effects {
  ringJobs(at: Instant): void;
  /** `held` when some process holds the lane now. */
  ringLane(
    lane: { readonly tenantId: string; readonly laneId: string },
    at: Instant,
    options?: { readonly held: boolean },
  ): void;
  ringCancel(job: { readonly tenantId: string; readonly jobId: string }): void;
  eventWritten(tenantId: string): void;
  jobChanged(tenantId: string, jobId: string): void;
  /** One more of it, for metrics. */
  count(what: Tallied["what"], of: string, as?: string): void;
  replayChanged(tenantId: string, replayId: string): void;
  /** Hands over what has gathered and begins anew. */
  take(): Gathered;
}

export interface Gathered {
  readonly rings: readonly Ring[];
  readonly changes: readonly Change[];
  readonly tallied: readonly Tallied[];
}

export function createEffects(): Effects {
  let rings = new Map<string, Ring>();
  let changes = new Map<string, Change>();
  let tallied = new Map<string, Tallied & { count: number }>();
  return {
    ringJobs: (at) => void rings.set(`${at}`, { kind: "jobs", at }),
    ringLane: ({ tenantId, laneId }, at, { held } = { held: false }) =>
      void rings.set(`lane ${at} ${tenantId} ${laneId}`, {
        kind: "lane",
        tenantId,
        laneId,
        at,
        ...(held && { held }),
      }),
    ringCancel: ({ tenantId, jobId }) =>
      void rings.set(`cancel ${tenantId} ${jobId}`, { kind: "cancel", tenantId, jobId }),
    eventWritten: (tenantId) => void changes.set(tenantId, { kind: "event", tenantId }),
    jobChanged: (tenantId, jobId) =>
      void changes.set(`${tenantId} ${jobId}`, { kind: "job", tenantId, jobId }),
    count(what, of, as = "") {
      const key = `${what} ${of} ${as}`;
      const known = tallied.get(key);
      if (known === undefined) tallied.set(key, { what, of, as, count: 1 });
      else known.count += 1;
    },
    replayChanged: (tenantId, replayId) =>
      void changes.set(`${tenantId} ${replayId}`, { kind: "replay", tenantId, replayId }),
    take() {
      const gathered = {
        rings: [...rings.values()],
        changes: [...changes.values()],
        tallied: [...tallied.values()],
      };
      tallied = new Map();
      rings = new Map();
      changes = new Map();
      return gathered;
    },
  };
}
