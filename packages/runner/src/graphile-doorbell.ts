// The doorbell of the scale-out mode: graphile-worker's jobs are the rings. Each is answered by one process, which looks at
// the rows; a ring that is lost, late or doubled changes nothing but the time of that look.
//
// What this process commits it hears of at once, by itself; graphile-worker tells the others. It never fails a job and
// never keeps one for longer than an answer takes, so its own retries, and the 4 hours for which it would keep the lock
// of a process that died, are never what the work waits for.
import type { TaskList, WorkerPool } from "graphile-worker";
import type { Pool } from "pg";
import type { Clock, Doorbell, Log, Random, Ring } from "@ringback/core";
import { createTimerDoorbell } from "./doorbell.ts";
import { graphileLogger } from "./graphile-logger.ts";
import { openGraphilePool } from "./graphile-pool.ts";
import { graphileSchema, laneOfPayload, passOnStatement, ringNames } from "./graphile-rings.ts";
import { graphileMigration, versionIn } from "./graphile-schema.ts";

export interface GraphileDoorbellOptions {
  readonly connectionString: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Which rings this process answers; the others are left to other processes. */
  readonly answers: { readonly jobs: boolean; readonly lanes: boolean };
}

export interface GraphileDoorbell extends Doorbell {
  /** How often graphile-worker was started anew after it had stopped by itself. */
  readonly restarts: () => number;
}

/** Answers at once; an answer is only a note for the next turn of the event loop, so they are not made in parallel. */
const concurrentAnswers = 4;
/** Rings fetched by one statement. */
const fetchedAtOnce = 100;
/** Rings are announced by NOTIFY; one for later, and one whose announcement was lost, is found this much later. */
const pollMs = 1_000;
const restartMinMs = 200;
const restartMaxMs = 10_000;
/** A ring that is passed on comes back to somebody after this long, so that full processes do not hand it round and round. */
const passOnMs = 200;
/** A ring takes milliseconds, so one that has been locked for longer belongs to a process that is gone. */
const lockedTooLongMs = 60_000;
const unlockEveryMs = 60_000;
const graphileExitCode = 57;

export function createGraphileDoorbell(options: GraphileDoorbellOptions): GraphileDoorbell {
  const { connectionString, clock, random, log } = options;
  const local = createTimerDoorbell({ clock });
  let pool: Pool | null = null;
  let running: WorkerPool | null = null;
  let answer: (ring: Ring) => void = () => undefined;
  let isStopped = false;
  let stopping: Promise<void> | null = null;
  let failures = 0;
  let restarts = 0;
  let isPassingOn = false;
  let forgetTimer = (): void => undefined;
  let forgetUnlock = (): void => undefined;

  function answerOrLog(ring: Ring): void {
    try {
      answer(ring);
    } catch (thrown) {
      log.error("ring_not_answered", { reason: String(thrown) });
    }
  }

  const tasks: TaskList = {
    ...(options.answers.jobs && {
      [ringNames.jobs]: () => answerOrLog({ kind: "jobs", at: clock.now() }),
    }),
    ...(options.answers.lanes && {
      [ringNames.lane]: (payload) => {
        const lane = laneOfPayload(payload);
        if (lane !== null) answerOrLog({ kind: "lane", ...lane, at: clock.now() });
      },
    }),
  };

  /** Loaded at the first launch, since the embedded mode has no use for it. */
  async function launch(through: Pool): Promise<void> {
    const graphile = await import("graphile-worker");
    if (isStopped) return;
    const startedMs = clock.monotonicMs();
    running = graphile.runTaskList(
      {
        pgPool: through,
        schema: graphileSchema,
        noHandleSignals: true,
        logger: graphileLogger(graphile, log),
        preset: {
          worker: {
            concurrentJobs: concurrentAnswers,
            pollInterval: pollMs,
            localQueue: { size: fetchedAtOnce },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
          },
        },
      },
      tasks,
      through,
    );
    const ended = (reason: string): void => {
      running = null;
      // It sets this when it meets newer tables, for processes that are nothing but a graphile-worker.
      if (process.exitCode === graphileExitCode) process.exitCode = undefined;
      if (clock.monotonicMs() - startedMs > restartMaxMs) failures = 0;
      if (!isStopped) restartLater(through, reason);
    };
    running.promise.then(
      () => ended("it stopped by itself"),
      (thrown: unknown) => ended(String(thrown)),
    );
  }

  /** Until then, and if it never starts again, the sweep finds what is due. */
  function restartLater(through: Pool, reason: string): void {
    const delayMs = Math.min(restartMaxMs, restartMinMs * 2 ** Math.min(failures, 10));
    failures += 1;
    log.warn("doorbell_stopped", { reason, durationMs: Math.round(delayMs) });
    forgetTimer = clock.after(delayMs * (0.5 + random.unit() / 2), () => void restart(through));
  }

  async function restart(through: Pool): Promise<void> {
    try {
      const version = await versionIn(through);
      if (isStopped) return;
      if (version > graphileMigration) {
        log.error("doorbell_outdated", {
          reason: `Its tables are at migration ${version}; the sweep goes on alone.`,
        });
        return;
      }
      restarts += 1;
      await launch(through);
    } catch (thrown) {
      if (!isStopped) restartLater(through, String(thrown));
    }
  }

  /** Frees the rings of processes that died, so that they are answered and gone; nobody waits for them. */
  async function unlock(through: Pool): Promise<void> {
    try {
      await through.query(
        `select ${graphileSchema}.force_unlock_workers(array(
           select distinct locked_by from ${graphileSchema}.jobs
           where locked_at < now() - $1 * interval '1 millisecond'
         ))`,
        [lockedTooLongMs],
      );
    } catch (thrown) {
      log.warn("rings_not_unlocked", { reason: String(thrown) });
    }
    if (!isStopped) forgetUnlock = clock.after(unlockEveryMs, () => void unlock(through));
  }

  async function stop(): Promise<void> {
    isStopped = true;
    forgetTimer();
    forgetUnlock();
    await local.stop();
    try {
      await running?.gracefulShutdown();
    } catch (thrown) {
      log.debug("graphile", { reason: String(thrown) });
    }
    await pool?.end();
  }

  return {
    ring: local.ring,
    restarts: () => restarts,
    async start(answerRing) {
      await local.start(answerRing);
      answer = answerRing;
      pool = await openGraphilePool(connectionString, log);
      await launch(pool);
      void unlock(pool);
    },
    passOn() {
      if (isPassingOn || isStopped || pool === null) return;
      isPassingOn = true;
      const { text, values } = passOnStatement(clock, passOnMs);
      clock.after(passOnMs, () => (isPassingOn = false));
      pool.query(text, [...values]).catch((thrown: unknown) => {
        log.debug("ring_not_passed_on", { reason: String(thrown) });
      });
    },
    stop: () => (stopping ??= stop()),
  };
}
