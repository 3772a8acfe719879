// The connections to PostgreSQL: two pools, so that a burst of one sort of work never leaves the other without any.
import { Pool, types, type ClientConfig } from "pg";
import type { Log } from "@ringback/core";

export interface Pools {
  /** Intake, reads, support and tenants: what somebody waits for at the other end of a request. */
  readonly front: Pool;
  /** Runs, lanes and upkeep. */
  readonly work: Pool;
  close(): Promise<void>;
}

export interface PoolSize {
  /** Connections of each of the two pools; 5 unless told otherwise. */
  readonly max?: number;
}

/**
 * How long a caller waits for a connection, whether none is free or none can be made: with it, whoever asks while the database is
 * down has the answer 503 within two seconds.
 */
const acquireTimeoutMs = 1_500;
const statementTimeoutMs = 10_000;
const lockTimeoutMs = 5_000;
/** A process that hangs inside a transaction holds its locks for no longer than this. */
const idleInTransactionTimeoutMs = 10_000;
/** Longer than the server's own limit, so that it speaks first; this one is for a peer that is gone without a word. */
const answerTimeoutMs = 15_000;
const keepAliveAfterMs = 5_000;
const idleTimeoutMs = 60_000;
const poolMaxDefault = 5;

/**
 * Compiling these short statements would cost more than it saves. None of them is meant to go through a whole table, nor to join
 * what it was given to one by reading all of it; without those choices, statistics that are behind cannot lead to it. And each has one plan, whatever values it is asked with: for a
 * tenant that has most of a table, the planner would rather walk past everybody else's rows than use the tenant's own index.
 */
export const planning =
  "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan";

/**
 * What every connection is opened with. `commitLevel` is PostgreSQL's synchronous_commit, pinned so that a later change
 * of the role's or the database's default weakens nothing.
 */
export function connectionOptions(connectionString: string, commitLevel?: string): ClientConfig {
  const pinned = commitLevel === undefined ? "" : ` -c synchronous_commit=${commitLevel}`;
  return {
    connectionString,
    application_name: "ringback",
    options: `${planning}${pinned}`,
    connectionTimeoutMillis: acquireTimeoutMs,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    types: { getTypeParser: parserOf },
  };
}

type Parser = (text: string) => unknown;

const int8: number = types.builtins.INT8;
const parserByType = types.getTypeParser as (oid: number, format?: "text" | "binary") => Parser;

/** 64-bit numbers come as numbers: instants, counts and tokens are far below 2^53. */
export function parserOf(oid: number, format?: "text" | "binary"): Parser {
  return oid === int8 ? Number : parserByType(oid, format);
}

export interface PoolsOptions {
  readonly size: PoolSize;
  readonly commitLevel: string;
  readonly log: Log;
}

export function openPools(connectionString: string, options: PoolsOptions): Pools {
  const { size, commitLevel, log } = options;
  const open = (name: string): Pool => {
    const pool = new Pool({
      ...connectionOptions(connectionString, commitLevel),
      max: size.max ?? poolMaxDefault,
      idleTimeoutMillis: idleTimeoutMs,
      allowExitOnIdle: true,
      pipeline: true,
    });
    // Without listeners, a connection that is cut would end the process: in use, when its statement has the fault already,
    // as well as while it lies idle.
    pool.on("connect", (client) => client.on("error", () => undefined));
    pool.on("error", (error) => log.warn("store.connection_lost", { pool: name, error: error.message }));
    return pool;
  };
  const front = open("front");
  const work = open("work");
  return {
    front,
    work,
    async close() {
      await Promise.all([front.end(), work.end()]);
    },
  };
}
