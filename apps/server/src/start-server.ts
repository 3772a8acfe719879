// The assembly: makes every room with what it depends on, starts them in order, and stops them in the reverse one.
import { createApi, createResultLinks } from "@ringback/api";
import { makeId, type Store } from "@ringback/core";
import { createDispatcher, headerProblem } from "@ringback/dispatcher";
import { createRunner, runnerDefaults } from "@ringback/runner";
import type { Environment } from "./config/parse-config.ts";
import { firstStart, type FirstStart } from "./first-start.ts";
import { layGround, type Ground } from "./ground.ts";
import { startHttpServer, type HttpServer } from "./http-server.ts";
import { watchProcessFaults } from "./process-faults.ts";
import { StartRefused } from "./start-refused.ts";
import { version } from "./version.ts";

export interface StartOptions {
  /** The settings, usually `process.env`. */
  readonly env: Environment;
  /** Lets a test put something between the store and the rooms, to stop the process at a named point. */
  readonly decorateStore?: (store: Store) => Store;
}

export interface RunningServer {
  /** Where it listens, without a trailing slash. */
  readonly url: string;
  readonly firstStart: FirstStart;
  /** Drains: not ready, no new claims, finish or give back, close. Resolves when all is closed; safe to call twice. */
  stop(reason?: string): Promise<void>;
}

/** Throws StartRefused with everything that is wrong when the settings, the handlers or the store do not allow a start. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const ground = await layGround(options);
  try {
    return await assemble(ground);
  } catch (thrown) {
    await ground.close();
    throw thrown instanceof Error ? new StartRefused([thrown.message], { cause: thrown }) : thrown;
  }
}

const userAgent = `Ringback/${version}`;
const resultTokenTtlMs = 7 * 24 * 3_600_000;

async function assemble(ground: Ground): Promise<RunningServer> {
  const { config, clock, random, log, store, guard, kinds, doorbell, where, tokenKey } = ground;
  const first = await firstStart({ tenants: store.tenants, clock, random, log }, config.RINGBACK_ROOT_KEY);
  const publicUrl = (): string => config.RINGBACK_PUBLIC_URL ?? where.url;
  const links = createResultLinks({ tokenKey, publicUrl, clock });
  const dispatcher = createDispatcher({
    lanes: store.lanes,
    guard,
    clock,
    random,
    log,
    userAgent,
    settings: { laneConcurrency: config.RINGBACK_LANE_CONCURRENCY },
  });
  const runner = createRunner({
    store,
    doorbell,
    kinds,
    laneServer: dispatcher,
    clock,
    random,
    log,
    holder: makeId("key", clock.now(), random).replace("key", `${process.pid}`),
    resultUrl: (job) => links.mint({ ...job, ttlMs: resultTokenTtlMs }),
    settings: {
      ...runnerDefaults,
      runConcurrency: config.RINGBACK_RUN_CONCURRENCY,
      lanesMax: config.RINGBACK_LANES_MAX,
      resultBytesMax: config.RINGBACK_RESULT_BYTES_MAX,
      soleHolder: true,
    },
  });
  const state = { isReady: false };
  const api = createApi({
    store,
    kinds,
    guard,
    clock,
    random,
    log,
    version,
    tokenKey,
    publicUrl,
    headerProblem,
    readiness: async () => {
      if (!state.isReady) return { ready: false, checks: { process: "starting or draining" } };
      const progress = await runner.progressCheck(clock.now());
      return { ready: progress.ok, checks: { process: "up", progress: progress.detail } };
    },
    settings: {
      bodyBytesMax: config.RINGBACK_BODY_BYTES_MAX,
      idempotencyTtlMs: config.RINGBACK_IDEMPOTENCY_TTL_MS,
    },
  });
  const http = await startHttpServer({ fetch: api.app.fetch, host: config.HOST, port: config.PORT, clock });
  where.port = http.address.port;
  where.url = urlOf(http);
  await runner.start();
  state.isReady = true;
  const unwatch = watchProcessFaults({ currentRun: runner.currentRun, log, crash: () => process.exit(1) });
  log.info("listening", {
    url: where.url,
    version,
    pid: process.pid,
    mode: "embedded",
    kinds: kinds.names.join(","),
  });

  let stopping: Promise<void> | null = null;
  const stop = async (reason: string): Promise<void> => {
    log.info("draining", { reason });
    state.isReady = false;
    http.discourage();
    api.drain();
    const drainUntil = clock.monotonicMs() + config.RINGBACK_DRAIN_MS;
    const pause = new Promise<void>((resolve) => clock.after(config.RINGBACK_DRAIN_DELAY_MS, resolve));
    await Promise.all([runner.stop({ drainMs: config.RINGBACK_DRAIN_MS }), pause]);
    await http.close(Math.max(500, drainUntil - clock.monotonicMs()));
    await dispatcher.stop();
    await ground.close();
    unwatch();
    log.info("stopped", { reason });
  };
  return { url: where.url, firstStart: first, stop: (reason = "asked to") => (stopping ??= stop(reason)) };
}

/** `0.0.0.0` and `::` are no addresses to call; the loopback one stands in. */
function urlOf(http: HttpServer): string {
  const { address, port } = http.address;
  const host = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
