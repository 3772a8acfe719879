// A whole runner on a memory store, a manual clock and a lane server that a test steers.
import {
  createKinds,
  defineJob,
  type Clock,
  type JobDefinition,
  type LaneServer,
  type LaneTurn,
  type Traces,
} from "@ringback/core";
import { createTimerDoorbell } from "../doorbell.ts";
import { createRunner, type Runner } from "../runner.ts";
import { runnerDefaults, type RunnerSettings } from "../settings.ts";
import { createKeptLog, steadyRandom, type KeptLog } from "./fakes.ts";
import { createMemoryStore, type MemoryStore } from "./memory-store.ts";

export interface RunnerFixture {
  readonly runner: Runner;
  readonly store: MemoryStore;
  readonly log: KeptLog;
  /** Rings as the store does after a commit. */
  readonly ringJobs: () => void;
  readonly ringLane: (laneId: string, at?: number) => void;
  /** As another process's commit does for a lane that somebody holds. */
  readonly ringHeldLane: (laneId: string) => void;
  /** How often it said that it has no room for what is due. */
  readonly passedOn: () => number;
  readonly ringCancel: (jobId: string) => void;
}

export interface RunnerFixtureOptions {
  readonly clock: Clock;
  readonly run?: JobDefinition["run"];
  readonly maxRunning?: number;
  readonly serve?: LaneServer["serve"];
  readonly settings?: Partial<RunnerSettings>;
  readonly holder?: string;
  readonly traces?: Traces;
}

export function createRunnerFixture(options: RunnerFixtureOptions): RunnerFixture {
  const { clock } = options;
  const store = createMemoryStore(clock);
  const log = createKeptLog();
  const timer = createTimerDoorbell({ clock });
  let passedOn = 0;
  const doorbell = { ...timer, passOn: () => void (passedOn += 1) };
  store.ring = doorbell.ring;
  const runner = createRunner({
    store,
    doorbell,
    kinds: createKinds([
      defineJob({ kind: "work", run: options.run ?? (() => "done"), maxRunning: options.maxRunning }),
    ]),
    laneServer: { serve: options.serve ?? serveUntilNotRung },
    clock,
    random: steadyRandom,
    log,
    holder: options.holder ?? "this",
    ...(options.traces !== undefined && { traces: options.traces }),
    completionOf: ({ jobId, token }) => ({
      completeUrl: `https://ringback.example/${jobId}/complete`,
      failUrl: `https://ringback.example/${jobId}/fail`,
      token: String(token),
    }),
    resultUrl: ({ jobId }) => `https://ringback.example/${jobId}`,
    settings: { ...runnerDefaults, ...options.settings },
  });
  const tenantId = "default";
  return {
    runner,
    store,
    log,
    ringJobs: () => doorbell.ring([{ kind: "jobs", at: clock.now() }]),
    ringLane: (laneId, at = clock.now()) => doorbell.ring([{ kind: "lane", tenantId, laneId, at }]),
    ringHeldLane: (laneId) =>
      doorbell.ring([{ kind: "lane", tenantId, laneId, at: clock.now(), held: true }]),
    passedOn: () => passedOn,
    ringCancel: (jobId) => doorbell.ring([{ kind: "cancel", tenantId, jobId }]),
  };
}

/** A receiver that always answers at once: only the runner's own rules end the turn. */
async function serveUntilNotRung(turn: LaneTurn): Promise<void> {
  while (await turn.rung());
}
