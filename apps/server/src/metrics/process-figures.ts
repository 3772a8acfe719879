// What Node says of this process: memory, processor time, and how late its event loop is.
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createReading, type Family } from "./families.ts";

export interface ProcessFigures {
  readonly families: readonly Family[];
  /** Begins a new window of the event loop's lag. */
  renew(): void;
  stop(): void;
}

const resolutionMs = 20;

/** The lag is how much later than asked for a timer of 20 ms fires. */
export function createProcessFigures(startedAt: number): ProcessFigures {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const lagOf = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - resolutionMs / 1_000) : 0;
  let lag = { p50: 0, p99: 0, max: 0 };
  const reading = (name: string, help: string, read: () => number): Family =>
    createReading({ name, help }, read);
  return {
    families: [
      createReading(
        { name: "process_cpu_seconds_total", help: "Processor time used, user and system." },
        () => {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1e6;
        },
        "counter",
      ),
      reading(
        "process_start_time_seconds",
        "When the process began, in seconds since 1970.",
        () => startedAt / 1_000,
      ),
      reading("process_resident_memory_bytes", "Memory the process has of the machine.", () =>
        process.memoryUsage.rss(),
      ),
      reading(
        "nodejs_heap_size_used_bytes",
        "JavaScript memory in use.",
        () => process.memoryUsage().heapUsed,
      ),
      createReading(
        {
          name: "nodejs_eventloop_lag_seconds",
          help: "How late timers fire, since the scrape before.",
          labels: ["quantile"],
        },
        () => [
          ["0.5", lag.p50],
          ["0.99", lag.p99],
          ["1", lag.max],
        ],
      ),
    ],
    renew() {
      lag = { p50: lagOf(delay.percentile(50)), p99: lagOf(delay.percentile(99)), max: lagOf(delay.max) };
      delay.reset();
    },
    stop: () => void delay.disable(),
  };
}
