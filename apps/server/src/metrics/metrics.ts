// What this process exports at `/metrics`: what it has counted, and what is in the database, read when it is asked for.
import type { Clock, Instant, Store, Tallied, TallySink } from "@ringback/core";
import type { RunnerSignals } from "@ringback/runner";
import { commitSizes, type CommitStatistics } from "@ringback/store";
import {
  createCounter,
  createHistogram,
  createReading,
  createTold,
  exposition,
  type Family,
} from "./families.ts";
import type { Durations } from "./measured-store.ts";
import { createProcessFigures } from "./process-figures.ts";

export interface Metrics {
  /** Told by the store after each commit. */
  readonly counted: TallySink;
  readonly durations: Durations;
  /** Rejects never: what the database does not answer is left out, and `ringback_database_up` is 0. */
  text(sources: MetricsSources): Promise<string>;
  stop(): void;
}

export interface MetricsSources {
  readonly store: Pick<Store, "due"> & {
    readonly reads: Pick<Store["reads"], "unfinishedJobs">;
    readonly seals: Pick<Store["seals"], "countRows">;
  };
  /** Null in a process that picks up no work. */
  readonly signals: RunnerSignals | null;
  /** What intake has counted of itself. */
  readonly intake: { readonly intakeAborted: number; readonly intakeShed: number };
  /** The present by the clock that due times go by. */
  readonly now: Instant;
  readonly commits: CommitStatistics;
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];
/** The database is asked at most so often, however many scrape. */
const keptMs = 1_000;

interface Looked {
  readonly unfinished: number;
  readonly jobsSince: Instant | null;
  readonly lanesSince: Instant | null;
  /** By the id of a key that is not the present one. */
  readonly sealedRows: readonly (readonly [string, number])[];
}

export function createMetrics(clock: Clock): Metrics {
  const accepted = createCounter({
    name: "ringback_jobs_accepted_total",
    help: "Jobs accepted.",
    labels: ["kind"],
  });
  const finished = createCounter({
    name: "ringback_jobs_finished_total",
    help: "Jobs that have ended, by how.",
    labels: ["kind", "outcome"],
  });
  const attempts = createCounter({
    name: "ringback_delivery_attempts_total",
    help: "Attempts recorded, by code; ok and truncated_response are delivered.",
    labels: ["code"],
  });
  const delivered = createCounter({
    name: "ringback_deliveries_finished_total",
    help: "Deliveries that have ended, by how; dead ones are dead letters.",
    labels: ["outcome"],
  });
  const durations: Durations = {
    queued: createHistogram(
      { name: "ringback_job_queue_seconds", help: "From when a job could begin to its first run." },
      seconds,
    ),
    run: createHistogram(
      { name: "ringback_job_run_seconds", help: "From the claim of a run to its end." },
      seconds,
    ),
    attempt: createHistogram(
      { name: "ringback_delivery_attempt_seconds", help: "How long attempts took." },
      seconds,
    ),
  };
  const ownFigures = createProcessFigures(clock.now());
  const counters = { job_accepted: accepted, attempt_recorded: attempts, delivery_finished: delivered };
  const { queued, run, attempt } = durations;
  const counting: readonly Family[] = [accepted, finished, queued, run, delivered, attempts, attempt];
  let kept: { readonly atMs: number; readonly looked: Promise<Looked | null> } | null = null;

  return {
    counted(tallied: readonly Tallied[]) {
      for (const { what, of, as, count } of tallied) {
        if (what === "job_finished") finished.add(count, of, as);
        else counters[what].add(count, of);
      }
    },
    durations,
    async text(sources) {
      const nowMs = clock.monotonicMs();
      if (kept === null || nowMs - kept.atMs >= keptMs) {
        kept = { atMs: nowMs, looked: look(sources.store, sources.now).catch(() => null) };
        ownFigures.renew();
      }
      const looked = await kept.looked;
      return exposition([
        ...counting,
        ...readingsOf(sources),
        ...databaseFigures(looked, sources.now),
        ...ownFigures.families,
      ]);
    },
    stop: () => ownFigures.stop(),
  };
}

/** Sums two rows per tenant, counts what former keys have sealed up to a bound, and looks for the oldest of what is due by the indexes that the sweep uses. */
async function look(store: MetricsSources["store"], now: Instant): Promise<Looked> {
  const [unfinished, due, counted] = await Promise.all([
    store.reads.unfinishedJobs(),
    store.due(now, 1),
    store.seals.countRows(),
  ]);
  const sealedRows = counted.map(({ kid, rows }) => [kid, rows] as const);
  return { unfinished, jobsSince: due.jobsSince, lanesSince: due.lanes[0]?.since ?? null, sealedRows };
}

function databaseFigures(looked: Looked | null, now: Instant): readonly Family[] {
  const ageOf = (since: Instant | null): number => (since === null ? 0 : Math.max(0, now - since) / 1_000);
  const gauge = (name: string, help: string, read: (found: Looked) => number): Family =>
    createReading({ name, help }, () => (looked === null ? null : read(looked)));
  return [
    createReading({ name: "ringback_database_up", help: "1 when the database answered." }, () =>
      looked === null ? 0 : 1,
    ),
    gauge(
      "ringback_jobs_unfinished",
      "Jobs queued or running, of the whole installation.",
      ({ unfinished }) => unfinished,
    ),
    gauge(
      "ringback_jobs_oldest_due_age_seconds",
      "How long the oldest due job has waited; 0 when none is due.",
      ({ jobsSince }) => ageOf(jobsSince),
    ),
    gauge(
      "ringback_deliveries_oldest_due_age_seconds",
      "How long the oldest due delivery has waited in a lane nobody holds; 0 when none is due.",
      ({ lanesSince }) => ageOf(lanesSince),
    ),
    createReading(
      {
        name: "ringback_other_key_rows",
        help: "Rows sealed with another master key than the present one here, by its id; counted up to 10,000 per table.",
        labels: ["kid"],
      },
      () => looked?.sealedRows ?? null,
    ),
  ];
}

function readingsOf({ signals, commits, intake }: MetricsSources): readonly Family[] {
  const counter = (name: string, help: string, value: number): Family =>
    createReading({ name, help }, () => value, "counter");
  const lost: readonly (readonly [string, number])[] = [
    ["run", signals?.counters.runsLost ?? 0],
    ["lane", signals?.counters.lanesLost ?? 0],
  ];
  const sweeps: readonly (readonly [string, number])[] = [
    ["done", signals?.counters.sweeps ?? 0],
    ["failed", signals?.counters.sweepsFailed ?? 0],
  ];
  return [
    counter(
      "ringback_intake_aborted_total",
      "Requests whose body broke off: the client left, or was too slow.",
      intake.intakeAborted,
    ),
    counter(
      "ringback_intake_shed_total",
      "Submissions refused because as many were in flight as may be.",
      intake.intakeShed,
    ),
    createReading(
      { name: "ringback_runs_in_progress", help: "Runs that hold a slot here." },
      () => signals?.running ?? 0,
    ),
    createReading(
      { name: "ringback_lanes_held", help: "Lanes that are served here." },
      () => signals?.heldLanes ?? 0,
    ),
    counter("ringback_lanes_claimed_total", "Lanes taken on here.", signals?.counters.lanesClaimed ?? 0),
    createReading(
      { name: "ringback_leases_lost_total", help: "Leases lost by this process.", labels: ["of"] },
      () => lost,
      "counter",
    ),
    createReading(
      { name: "ringback_sweeps_total", help: "Sweeps of this process.", labels: ["outcome"] },
      () => sweeps,
      "counter",
    ),
    createTold(
      { name: "ringback_store_commit_calls", help: "Calls that shared a transaction, by transaction." },
      { bounds: commitSizes, counts: commits.sizes, sum: commits.items, count: commits.commits },
    ),
  ];
}
