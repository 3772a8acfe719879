// The door of runner.
export { createTimerDoorbell, type TimerDoorbellOptions } from "./doorbell.ts";
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
export { type RunnerCounters, type RunnerSignals } from "./signals.ts";
export { type Swept } from "./sweep.ts";
