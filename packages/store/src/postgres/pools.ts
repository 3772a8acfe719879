// The connections to PostgreSQL: two pools, so that a burst of one sort of work never leaves the other without any.
import pg from "pg";
import type { Log } from "@ringback/core";

export interface Pools {
  /** Intake, reads, support and tenants: what somebody waits for at the other end of a request. */
  readonly front: pg.Pool;
  /** Runs, lanes and upkeep. */
  readonly work: pg.Pool;
  close(): Promise<void>;
}

export interface PoolSize {
  /** Connections of each of the two pools; 5 unless told otherwise. */
  readonly max?: number;
}

/** How long a caller waits for a connection, whether none is free or none can be made. */
const acquireTimeoutMs = 2_000;
const statementTimeoutMs = 10_000;
const lockTimeoutMs = 5_000;
/** A process that hangs inside a transaction holds its locks for no longer than this. */
const idleInTransactionTimeoutMs = 10_000;
/** Longer than the server's own limit, so that it speaks first; this one is for a peer that is gone without a word. */
const answerTimeoutMs = 15_000;
const keepAliveAfterMs = 5_000;
const idleTimeoutMs = 60_000;
const poolMaxDefault = 5;

/** What every connection is opened with. */
export function connectionOptions(connectionString: string): pg.ClientConfig {
  return {
    connectionString,
    application_name: "ringback",
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

/** 64-bit numbers come as numbers: instants, counts and tokens are far below 2^53. */
function parserOf(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (oid === pg.types.builtins.INT8) return Number;
  return pg.types.getTypeParser(oid, format as "text") as (text: string) => unknown;
}

export function openPools(
  connectionString: string,
  options: { readonly size: PoolSize; readonly log: Log },
): Pools {
  const { size, log } = options;
  const open = (name: string): pg.Pool => {
    const pool = new pg.Pool({
      ...connectionOptions(connectionString),
      max: size.max ?? poolMaxDefault,
      idleTimeoutMillis: idleTimeoutMs,
      allowExitOnIdle: true,
      pipeline: true,
      onConnect: prepareConnection,
    });
    // Without a listener, a connection that is cut while nobody uses it would end the process.
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

/**
 * Commits are on disk before they are answered, whatever the role's or the database's default is; `remote_apply`, which
 * promises more, is left as it is. Compiling these short statements would cost more than it saves.
 */
async function prepareConnection(client: pg.ClientBase): Promise<void> {
  await client.query(
    `select set_config('jit', 'off', false),
       case when current_setting('synchronous_commit') in ('on', 'remote_apply') then ''
            else set_config('synchronous_commit', 'on', false) end`,
  );
}
