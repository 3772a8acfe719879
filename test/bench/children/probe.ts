// Loaded into a real server before its own program (--import): it answers for its processor time, its memory and its other
// vitals, and the server ends with the benchmark. The program knows nothing of it.
import { readdirSync } from "node:fs";
import { monitorEventLoopDelay, type ELDHistogram } from "node:perf_hooks";
import { answerParent } from "./in-child.ts";

const lagResolutionMs = 10;
let delays: ELDHistogram | null = null;

answerParent({
  descriptors: () => readdirSync("/dev/fd").length,
  /** How late the event loop was, 99 % of the time at most, since it was asked before; nobody measures until the first time. */
  lagMs: () => {
    if (delays === null) {
      delays = monitorEventLoopDelay({ resolution: lagResolutionMs });
      delays.enable();
      return 0;
    }
    const lateMs = delays.percentile(99) / 1e6 - lagResolutionMs;
    delays.reset();
    return Math.max(0, lateMs);
  },
});
