// The door of runner.
export { createTimerDoorbell, type TimerDoorbellOptions } from "./doorbell.ts";
export { type LongLivedExecutor } from "./executor/executor.ts";
export { createIsolatePool, type IsolatePoolOptions } from "./executor/isolate-pool.ts";
export {
  createGraphileDoorbell,
  type GraphileDoorbell,
  type GraphileDoorbellOptions,
} from "./graphile-doorbell.ts";
export { ringStatement, type RingStatement } from "./graphile-rings.ts";
export { prepareGraphileSchema, type GraphileSchemaOptions } from "./graphile-schema.ts";
export { type StrayRun } from "./fault-attribution.ts";
export { type ProgressCheck } from "./progress-check.ts";
export { createRunner, type Runner, type RunnerOptions } from "./runner.ts";
export { runnerDefaults, type RunnerSettings } from "./settings.ts";
export { createSealKeeper, type SealKeeper, type SealKeeperOptions } from "./seal-keeper.ts";
export { type RunnerCounters, type RunnerSignals } from "./signals.ts";
export { type Swept } from "./sweep.ts";
