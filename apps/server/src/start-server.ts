// The assembly: makes every room with what it depends on, starts them in order, and stops them in the reverse one.
import { createApi, createCompletions, createResultLinks, type Api, type ResultLinks } from "@ringback/api";
import { createDispatcher, headerProblem, type Dispatcher } from "@ringback/dispatcher";
import {
  createRunner,
  createSealKeeper,
  runnerDefaults,
  type Runner,
  type RunnerSettings,
  type SealKeeper,
  type StrayRun,
} from "@ringback/runner";
import { defaultTenantId, firstStart, type FirstStart } from "./first-start.ts";
import { layGround, type Ground, type StartOptions } from "./ground.ts";
import { peerAddress, startHttpServer, type HttpServer } from "./http-server.ts";
import { isolatesOf } from "./isolate/isolates.ts";
import { createLog } from "./log.ts";
import { watchProcessFaults } from "./process-faults.ts";
import { createReadiness } from "./readiness.ts";
import { partsOf } from "./role-parts.ts";
import { StartRefused } from "./start-refused.ts";
import { version } from "./version.ts";

export interface RunningServer {
  /** Where it listens, without a trailing slash. */
  readonly url: string;
  readonly firstStart: FirstStart;
  /** Every route it answers to. */
  readonly routes: Api["routes"];
  /** Drains: not ready, no new claims, finish or give back, close. Resolves when all is closed; safe to call twice. */
  stop(reason?: string): Promise<void>;
}

/** Throws StartRefused with everything that is wrong when the settings, the handlers or the store do not allow a start. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const ground = await layGround(options);
  try {
    return await openHouse(ground);
  } catch (thrown) {
    await ground.close();
    throw thrown instanceof Error ? new StartRefused([thrown.message], { cause: thrown }) : thrown;
  }
}

interface House {
  readonly ground: Ground;
  readonly dispatcher: Dispatcher;
  /** Null in a process that picks up no work. */
  readonly runner: Runner | null;
  readonly sealKeeper: SealKeeper;
  readonly api: ReturnType<typeof createApi>;
  readonly http: HttpServer;
  /** What `/readyz` answers: false while starting and draining. */
  readonly state: { isReady: boolean };
}

/**
 * Listens before the runner starts, since the links in callbacks need the address. The first start's key comes last: a start
 * that fails must not make a key that nobody is shown.
 */
async function openHouse(ground: Ground): Promise<RunningServer> {
  const { config, clock, random, log, kinds, where, tokenKeys } = ground;
  const links = createResultLinks({ tokenKeys, publicUrl: () => publicUrl(ground), clock });
  const dispatcher = makeDispatcher(ground);
  const { jobs, lanes, requests } = partsOf(config.RINGBACK_ROLE);
  const runner = jobs || lanes ? makeRunner(ground, dispatcher, links) : null;
  const sealKeeper = createSealKeeper({ seals: ground.store.seals, clock, log });
  const state = { isReady: false };
  const api = makeApi(ground, { runner, sealKeeper, state });
  const http = await startHttpServer({
    fetch: api.app.fetch,
    shortPoll: api.shortPoll,
    host: config.HOST,
    port: config.PORT,
    clock,
    random,
  });
  where.port = http.address.port;
  where.address = http.address.address;
  where.url = urlOf(http);
  const currentRun = (): StrayRun | undefined => runner?.currentRun();
  const unwatch = watchProcessFaults({ currentRun, log, crash: () => process.exit(1) });
  await sealKeeper.start();
  await runner?.start();
  const first = requests ? await firstStartOf(ground) : { apiKey: null, callbackSecret: null };
  state.isReady = true;
  const { url } = where;
  const { mode } = ground;
  const [role, named] = [config.RINGBACK_ROLE, kinds.names.join(",")];
  log.info("listening", { url, version, pid: process.pid, mode, role, kinds: named });
  let stopping: Promise<void> | null = null;
  const stop = (reason = "asked to"): Promise<void> =>
    (stopping ??= closeHouse({ ground, dispatcher, runner, sealKeeper, api, http, state }, reason).finally(
      unwatch,
    ));
  return { url, firstStart: first, routes: api.routes, stop };
}

function firstStartOf({ config, store, clock, random, log }: Ground): Promise<FirstStart> {
  return firstStart({ tenants: store.tenants, clock, random, log }, config.RINGBACK_ROOT_KEY);
}

const resultTokenTtlMs = 7 * 24 * 3_600_000;

function publicUrl({ config, where }: Ground): string {
  return config.RINGBACK_PUBLIC_URL ?? where.url;
}

function makeDispatcher({ config, clock, random, log, traces, store, guard }: Ground): Dispatcher {
  return createDispatcher({
    lanes: store.lanes,
    guard,
    clock,
    random,
    log,
    traces,
    userAgent: `Ringback/${version}`,
    settings: { laneConcurrency: config.RINGBACK_LANE_CONCURRENCY },
  });
}

function makeRunner(ground: Ground, laneServer: Dispatcher, links: ResultLinks): Runner {
  const { config, clock, random, log, traces, store, kinds, doorbell } = ground;
  const handlerLog = createLog({ level: config.RINGBACK_LOG_LEVEL, fields: "any" });
  return createRunner({
    ...isolatesOf({ ...ground, builtIn: ["http"], handlerLog }),
    store,
    doorbell,
    kinds,
    laneServer,
    clock,
    random,
    log,
    handlerLog,
    traces,
    holder: `${process.pid}_${Buffer.from(random.bytes(9)).toString("base64url")}`,
    completionOf: createCompletions({ tokenKeys: ground.tokenKeys, publicUrl: () => publicUrl(ground) }),
    resultUrl: (job) => links.mint({ ...job, ttlMs: resultTokenTtlMs }),
    settings: runnerSettings(ground),
  });
}

/** With a short lease the sweep is as much more frequent, so that nothing waits for longer than the lease and a half. */
function runnerSettings({ config, mode }: Ground): RunnerSettings {
  const { jobs, lanes } = partsOf(config.RINGBACK_ROLE);
  const leaseMs = config.RINGBACK_LEASE_MS;
  return {
    ...runnerDefaults,
    runConcurrency: jobs ? config.RINGBACK_RUN_CONCURRENCY : 0,
    lanesMax: lanes ? config.RINGBACK_LANES_MAX : 0,
    tenantRunningMax: config.RINGBACK_TENANT_RUNNING_MAX ?? undefined,
    leaseMs,
    heartbeatMs: Math.floor(leaseMs / 3),
    sweepMs: Math.min(runnerDefaults.sweepMs, Math.floor(leaseMs / 6)),
    resultBytesMax: config.RINGBACK_RESULT_BYTES_MAX,
    eventRetentionMs: config.RINGBACK_EVENT_RETENTION_MS,
    deliveryRetentionMs: config.RINGBACK_DELIVERY_RETENTION_MS,
    deadLetterRetentionMs: config.RINGBACK_DEAD_LETTER_RETENTION_MS,
    attemptBodyRetentionMs: config.RINGBACK_ATTEMPT_BODY_RETENTION_MS,
    replayRetentionMs: config.RINGBACK_REPLAY_RETENTION_MS,
    tombstoneMs: config.RINGBACK_TOMBSTONE_MS,
    soleHolder: mode === "embedded",
  };
}

function makeApi(
  ground: Ground,
  { runner, sealKeeper, state }: Pick<House, "runner" | "sealKeeper" | "state">,
): House["api"] {
  const { config, clock, random, log, traces, store, guard, kinds, tokenKeys } = ground;
  const api = createApi({
    store,
    kinds,
    guard,
    clock,
    random,
    log,
    traces,
    version,
    tokenKeys,
    publicUrl: () => publicUrl(ground),
    headerProblem,
    peerAddress,
    serves: partsOf(config.RINGBACK_ROLE).requests ? "everything" : "probes",
    metrics: () =>
      ground.metrics.text({
        store,
        signals: runner?.signals ?? null,
        now: clock.now(),
        intake: api.counters,
        commits: ground.commits,
      }),
    readiness: createReadiness({
      clock,
      store,
      isUp: () => state.isReady,
      missingKeys: () => sealKeeper.missing,
      progress: runner === null ? null : () => runner.progressCheck(clock.now()),
    }),
    settings: {
      bodyBytesMax: config.RINGBACK_BODY_BYTES_MAX,
      idempotencyTtlMs: config.RINGBACK_IDEMPOTENCY_TTL_MS,
      operatorTenantId: defaultTenantId,
      requestsPerMinute: config.RINGBACK_REQUESTS_PER_MINUTE,
      tenantUnfinishedMax: config.RINGBACK_TENANT_UNFINISHED_MAX,
      tenantRunningMax: config.RINGBACK_TENANT_RUNNING_MAX,
      backlogMax: config.RINGBACK_BACKLOG_MAX,
      intakeInFlightMax: config.RINGBACK_INTAKE_IN_FLIGHT_MAX,
      batchJobsMax: config.RINGBACK_BATCH_JOBS_MAX,
      batchBytesMax: config.RINGBACK_BATCH_BYTES_MAX,
      retention: {
        eventsMs: config.RINGBACK_EVENT_RETENTION_MS,
        deliveriesMs: config.RINGBACK_DELIVERY_RETENTION_MS,
        deadLettersMs: config.RINGBACK_DEAD_LETTER_RETENTION_MS,
        replaysMs: config.RINGBACK_REPLAY_RETENTION_MS,
      },
      resultTtlMs: config.RINGBACK_RESULT_TTL_MS,
      tombstoneMs: config.RINGBACK_TOMBSTONE_MS,
      waitersMax: config.RINGBACK_WAITERS_MAX,
      resultBytesMax: config.RINGBACK_RESULT_BYTES_MAX,
      resultTokenTtlMs,
    },
  });
  return api;
}

/** Clients learn first that they should leave; then the work ends, then the socket, then the store. */
async function closeHouse(house: House, reason: string): Promise<void> {
  const { ground, dispatcher, runner, sealKeeper, api, http, state } = house;
  const { config, clock, log } = ground;
  log.info("draining", { reason });
  state.isReady = false;
  http.discourage();
  api.drain();
  const endsMs = clock.monotonicMs() + config.RINGBACK_DRAIN_MS;
  const stillListening = new Promise<void>((resolve) => {
    clock.after(config.RINGBACK_DRAIN_DELAY_MS, resolve);
  });
  const drainMs = config.RINGBACK_DRAIN_MS - lastAnswersMs;
  await Promise.all([runner?.stop({ drainMs }), stillListening]);
  await http.close(Math.max(lastAnswersMs, endsMs - clock.monotonicMs()));
  await dispatcher.stop();
  await sealKeeper.stop();
  await ground.close();
  log.info("stopped", { reason });
}

/** What of the drain is kept for answers in flight when runs use up the rest. */
const lastAnswersMs = 500;

/** `0.0.0.0` and `::` are no addresses to call; the loopback one stands in. */
function urlOf(http: HttpServer): string {
  const { address, port } = http.address;
  const host = address === "0.0.0.0" ? "127.0.0.1" : address === "::" ? "::1" : address;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
