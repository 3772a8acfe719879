// The isolates of this server: which kinds run in them, and what their processes are given.
import type { Clock, Kinds, Log } from "@ringback/core";
import { createIsolatePool, type RunnerOptions } from "@ringback/runner";
import type { Config, Environment } from "../config/parse-config.ts";
import { writeIsolateStart } from "./isolate-start.ts";

export interface IsolatesOptions {
  readonly config: Config;
  readonly env: Environment;
  readonly kinds: Kinds;
  /** What is defined here and needs no isolation. */
  readonly builtIn: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly handlerLog: Log;
}

/** What opens everything that the database holds is no handler's to read. */
const keptBack: ReadonlySet<string> = new Set([
  "RINGBACK_MASTER_KEY",
  "RINGBACK_FORMER_MASTER_KEYS",
  "RINGBACK_ROOT_KEY",
  "OTEL_EXPORTER_OTLP_HEADERS",
]);

/** Empty when no handlers are loaded. */
export function isolatesOf(options: IsolatesOptions): Pick<RunnerOptions, "isolated"> {
  const { config, kinds, builtIn } = options;
  const names = kinds.names.filter((name) => !builtIn.includes(name));
  if (names.length === 0) return {};
  const memoryMb = config.RINGBACK_RUN_MEMORY_MB;
  const start = writeIsolateStart({
    handlers: config.RINGBACK_HANDLERS,
    resultBytesMax: config.RINGBACK_RESULT_BYTES_MAX,
    memoryMb,
    serverPid: process.pid,
  });
  const executor = createIsolatePool({
    entry: new URL("../../isolate.mjs", import.meta.url),
    args: [start],
    env: Object.fromEntries(Object.entries(options.env).filter(([name]) => !keptBack.has(name))),
    memoryMb,
    isolatesMax: config.RINGBACK_RUN_CONCURRENCY,
    clock: options.clock,
    log: options.log,
    handlerLog: options.handlerLog,
    onErrorOutput: (bytes) => void process.stderr.write(bytes),
  });
  return { isolated: { kinds: new Set(names), executor } };
}
