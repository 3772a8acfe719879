// The parts of the store that the runner calls, in memory: jobs and lanes with leases and fencing, faults on demand, and
// gates at which a call waits so that a test can put something into the middle of it. It keeps no history of its own.
import {
  StoreUnavailable,
  type AnnouncedKind,
  type Clock,
  type Due,
  type HeldLane,
  type Ring,
  type RunEnd,
  type RunKey,
  type RunOutcome,
  type RunProgress,
  type Store,
} from "@ringback/core";
import { makeJob } from "./fakes.ts";

export interface MemoryJob {
  readonly id: string;
  readonly kind: string;
  input: string | null;
  status: "queued" | "running" | "done";
  dueAt: number;
  token: number;
  holder: string | null;
  leaseUntil: number;
  runTimeoutMs: number;
  cancelRequested: boolean;
  progress: RunProgress[];
  /** Every outcome that was recorded for it. */
  outcomes: RunOutcome[];
}

export interface MemoryLane {
  readonly id: string;
  due: boolean;
  dueAt: number;
  token: number;
  holder: string | null;
  leaseUntil: number;
}

type Call =
  | "claim"
  | "extendRuns"
  | "handOver"
  | "reportProgress"
  | "end"
  | "claimLanes"
  | "extendLanes"
  | "release"
  | "recover"
  | "due"
  | "expire"
  | "failUnstarted"
  | "failUnknownKinds"
  | "announce"
  | "announced";

export interface MemoryStore extends Pick<
  Store,
  "runs" | "lanes" | "replays" | "kinds" | "changes" | "recover" | "due" | "expire"
> {
  readonly jobs: Map<string, MemoryJob>;
  readonly laneRows: Map<string, MemoryLane>;
  /** What other processes have announced. */
  readonly kindsElsewhere: AnnouncedKind[];
  /** How often each call was made. */
  readonly calls: Map<Call, number>;
  /** What calls were given, in order. */
  readonly log: { readonly call: Call; readonly given: unknown }[];
  /** While it holds, the call rejects with StoreUnavailable. */
  readonly down: Set<Call>;
  /** The next call of that sort does its work and then waits until the returned function is called. */
  holdAnswer(call: Call): () => void;
  addJob(id: string, options?: Partial<MemoryJob>): MemoryJob;
  addLane(id: string, options?: Partial<MemoryLane>): MemoryLane;
  ring: (rings: readonly Ring[]) => void;
}

export const tenantId = "default";

export function createMemoryStore(clock: Clock): MemoryStore {
  const jobs = new Map<string, MemoryJob>();
  const laneRows = new Map<string, MemoryLane>();
  const calls = new Map<Call, number>();
  const log: MemoryStore["log"] = [];
  const down = new Set<Call>();
  const gates = new Map<Call, Promise<void>>();

  async function call<Answer>(name: Call, given: unknown, act: () => Answer): Promise<Answer> {
    calls.set(name, (calls.get(name) ?? 0) + 1);
    log.push({ call: name, given });
    await Promise.resolve();
    if (down.has(name)) throw new StoreUnavailable("unreachable", "The store is away.");
    const answer = act();
    const gate = gates.get(name);
    gates.delete(name);
    await gate;
    return answer;
  }

  const ours = (key: RunKey): MemoryJob | null => {
    const job = jobs.get(key.jobId);
    return job?.status === "running" && job.token === key.token ? job : null;
  };
  const ourLane = (lane: HeldLane): MemoryLane | null => {
    const row = laneRows.get(lane.laneId);
    return row?.holder !== null && row?.token === lane.token ? row : null;
  };

  const store: MemoryStore = {
    jobs,
    laneRows,
    kindsElsewhere: [],
    calls,
    log,
    down,
    ring: () => undefined,
    holdAnswer(name) {
      const { promise, resolve } = Promise.withResolvers<void>();
      gates.set(name, promise);
      return resolve;
    },
    addJob(id, options = {}) {
      const job: MemoryJob = {
        id,
        kind: "work",
        input: null,
        status: "queued",
        dueAt: clock.now(),
        token: 0,
        holder: null,
        leaseUntil: 0,
        runTimeoutMs: 60_000,
        cancelRequested: false,
        progress: [],
        outcomes: [],
        ...options,
      };
      jobs.set(id, job);
      return job;
    },
    addLane(id, options = {}) {
      const lane = { id, due: true, dueAt: clock.now(), token: 0, holder: null, leaseUntil: 0, ...options };
      laneRows.set(id, lane);
      return lane;
    },
    runs: {
      claim: (options) =>
        call("claim", options, () =>
          [...jobs.values()]
            .filter(
              (job) =>
                job.status === "queued" && job.dueAt <= options.now && options.kinds.includes(job.kind),
            )
            .slice(0, options.limit)
            .map((job) => {
              job.status = "running";
              job.token += 1;
              job.holder = options.holder;
              job.leaseUntil = options.now + options.leaseMs;
              return {
                tenantId,
                jobId: job.id,
                token: job.token,
                job: makeJob(job.id, { kind: job.kind }),
                input: job.input,
                runNumber: job.token,
                runTimeoutMs: job.runTimeoutMs,
                leaseUntil: job.leaseUntil,
                traceparent: null,
              };
            }),
        ),
      claimFor: () => Promise.reject(new Error("The runner claims for everybody.")),
      handOver: (items) =>
        call("handOver", items, () =>
          items.map((item) => {
            const job = ours(item);
            if (job !== null) job.holder = "@upstream";
            return job === null ? "lost" : "handed_over";
          }),
        ),
      extend: (runs, options) =>
        call("extendRuns", runs, () =>
          runs.map((key) => {
            const job = ours(key);
            if (job === null) return "lost";
            job.leaseUntil = options.now + options.leaseMs;
            return job.cancelRequested ? "cancel_requested" : "extended";
          }),
        ),
      reportProgress: (items) =>
        call("reportProgress", items, () =>
          items.map((item) => {
            const job = ours(item);
            job?.progress.push(item);
            return job === null ? "lost" : "written";
          }),
        ),
      end: (items) => call("end", items, () => items.map((item) => end(item))),
      failUnstarted: (options) => call("failUnstarted", options, () => 0),
      failUnknownKinds: (options) => call("failUnknownKinds", options, () => 0),
    },
    kinds: {
      announce: (announcement) => call("announce", announcement, () => undefined),
      announced: (since) => call("announced", since, () => store.kindsElsewhere),
    },
    // There are none; the replay pump has a test of its own.
    replays: {
      create: async () => ({ kind: "too_many" }),
      change: async () => null,
      claim: async () => [],
      step: async () => ({ kind: "lost" }),
      release: async () => undefined,
    },
    changes: { subscribe: () => () => undefined, areComplete: () => true },
    lanes: {
      claim: (options) =>
        call("claimLanes", options, () =>
          [...laneRows.values()]
            .filter((lane) => lane.due && lane.dueAt <= options.now && lane.holder === null)
            .filter((lane) => options.only?.some((name) => name.laneId === lane.id) ?? true)
            .slice(0, options.limit)
            .map((lane) => {
              lane.holder = options.holder;
              lane.token += 1;
              lane.leaseUntil = options.now + options.leaseMs;
              return { tenantId, laneId: lane.id, token: lane.token };
            }),
        ),
      extend: (lanes, options) =>
        call("extendLanes", lanes, () =>
          lanes.map((held) => {
            const lane = ourLane(held);
            if (lane === null) return "lost";
            lane.leaseUntil = options.now + options.leaseMs;
            return "extended";
          }),
        ),
      release: (lanes, now) =>
        call("release", lanes, () => {
          for (const held of lanes) {
            const lane = ourLane(held);
            if (lane === null) continue;
            lane.holder = null;
            if (lane.due)
              store.ring([{ kind: "lane", tenantId, laneId: lane.id, at: Math.max(now, lane.dueAt) }]);
          }
        }),
      claimDeliveries: () => Promise.reject(new Error("The runner claims no deliveries.")),
      unclaimDeliveries: () => Promise.reject(new Error("The runner takes no claims back.")),
      recordAttempts: () => Promise.reject(new Error("The runner records no attempts.")),
    },
    recover: (options) => call("recover", options, () => recover(options)),
    due: (now, limit) => call("due", { now, limit }, () => due(now, limit)),
    expire: (options) => call("expire", options, () => 0),
  };

  function end(item: RunEnd): { readonly status: "succeeded" | "failed" | "canceled" | "queued" | "lost" } {
    const job = ours(item);
    if (job === null) return { status: "lost" };
    job.outcomes.push(item.outcome);
    job.holder = null;
    const { kind } = item.outcome;
    if (job.cancelRequested) {
      job.status = "done";
      return { status: "canceled" };
    }
    if (kind === "released" || kind === "lost") {
      job.status = "queued";
      store.ring([{ kind: "jobs", at: clock.now() }]);
      return { status: "queued" };
    }
    job.status = "done";
    return { status: kind };
  }

  function recover(options: { readonly now: number; readonly soleHolder?: string }): {
    runs: number;
    lanes: number;
    attempts: number;
  } {
    const isLapsed = (row: { readonly leaseUntil: number; readonly holder: string | null }): boolean =>
      row.holder !== null &&
      (row.leaseUntil <= options.now ||
        (options.soleHolder !== undefined && row.holder !== options.soleHolder));
    const runs = [...jobs.values()].filter((job) => job.status === "running" && isLapsed(job));
    for (const job of runs) Object.assign(job, { status: "queued", holder: null });
    const lanes = [...laneRows.values()].filter(isLapsed);
    for (const lane of lanes) lane.holder = null;
    return { runs: runs.length, lanes: lanes.length, attempts: 0 };
  }

  function due(now: number, limit: number): Due {
    const queued = [...jobs.values()].filter((job) => job.status === "queued").map((job) => job.dueAt);
    const free = [...laneRows.values()].filter((lane) => lane.due && lane.holder === null);
    const earliest = (times: readonly number[]): number | null =>
      times.length === 0 ? null : Math.min(...times);
    return {
      jobsSince: earliest(queued.filter((at) => at <= now)),
      nextJobAt: earliest(queued.filter((at) => at > now)),
      lanes: free
        .filter((lane) => lane.dueAt <= now)
        .slice(0, limit)
        .map((lane) => ({ tenantId, laneId: lane.id, since: lane.dueAt })),
      nextLaneAt: earliest(free.map((lane) => lane.dueAt).filter((at) => at > now)),
    };
  }

  return store;
}
