// Keeps the planner's knowledge of tables that grow fast near the truth.
//
// A new database knows nothing of its tables until autovacuum's next round, up to a minute later. Until then every index of an
// empty table looks as good as any other, and plans made for it, those of the foreign keys too, go through all rows of a tenant
// to find one. So what has doubled since it was last looked at is analyzed, which also drops the plans made before. What has
// shrunk is left to autovacuum, which cleans it first: until then all rows that are gone are in the way of a plan for few.
import type { Pool } from "pg";
import type { Clock, Log } from "@ringback/core";

export interface StatisticsKeeper {
  /** To be told of each commit of this process. */
  committed(): void;
  /** Resolves when nothing is under way. */
  drained(): Promise<void>;
}

/** The first look comes after so many commits, each further one when there are half as many again. */
const commitsFirst = 200;
const growth = 1.5;
/** PostgreSQL itself counts changes no more often than once a second. */
const lookEveryMs = 1_000;
/** Of fewer rows no plan can be much worse than another. */
const rowsMin = 200;

const selectBehind = `select format('%I.%I', s.schemaname, s.relname) as name from pg_stat_user_tables as s
  join pg_class as c on c.oid = s.relid
  where s.schemaname = current_schema() and s.n_live_tup >= greatest($1, 2 * c.reltuples)
  order by s.relid`;

export function createStatisticsKeeper(options: {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly log: Log;
}): StatisticsKeeper {
  const { pool, clock, log } = options;
  let commits = 0;
  let nextAt = commitsFirst;
  let notBeforeMs = 0;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    try {
      const { rows } = await pool.query<{ name: string }>(selectBehind, [rowsMin]);
      // Another process that is at the same table spares this one the work.
      for (const { name } of rows) await pool.query(`analyze (skip_locked) ${name}`);
    } catch (thrown) {
      log.warn("store.statistics_failed", { error: String(thrown) });
    }
    nextAt = Math.ceil(commits * growth);
    notBeforeMs = clock.monotonicMs() + lookEveryMs;
    looking = null;
  }

  return {
    committed() {
      commits += 1;
      if (commits < nextAt || looking !== null || clock.monotonicMs() < notBeforeMs) return;
      looking = look();
    },
    async drained() {
      await looking;
    },
  };
}
