// graphile-worker's own tables: made and brought up to date in a schema of ours, pinned to the version that we were built on.
import type { Client, Pool } from "pg";
import { graphileLogger } from "./graphile-logger.ts";
import { openGraphilePool } from "./graphile-pool.ts";
import { graphileSchema } from "./graphile-rings.ts";
import type { Log } from "@ringback/core";

/** The last migration of graphile-worker 0.18.0; a test compares it with the package. */
export const graphileMigration = 20;

/** Any number; it tells this lock from others that one may take in the same database. */
const migrationLock = 724_616;
const connectTimeoutMs = 5_000;

export interface GraphileSchemaOptions {
  readonly connectionString: string;
  readonly log: Log;
  /** False only looks: what is missing is then refused. */
  readonly migrate: boolean;
}

/** Throws an Error that says what to do when the tables are another version's and may not or cannot be changed. */
export async function prepareGraphileSchema(options: GraphileSchemaOptions): Promise<void> {
  const { connectionString, log } = options;
  const { Client } = await import("pg");
  const client = new Client({ connectionString, connectionTimeoutMillis: connectTimeoutMs });
  // A cut rejects the query that is under way; without a listener it would end the process as well.
  client.on("error", () => undefined);
  await client.connect();
  try {
    // One process at a time; the others wait and then find nothing missing. The lock goes with the connection.
    await client.query("select pg_advisory_lock($1)", [migrationLock]);
    if ((await versionIn(client)) < graphileMigration && options.migrate)
      await migrate(connectionString, log);
    const version = await versionIn(client);
    if (version !== graphileMigration) throw otherVersion(version);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function migrate(connectionString: string, log: Log): Promise<void> {
  const graphile = await import("graphile-worker");
  const pool = await openGraphilePool(connectionString, log);
  try {
    const logger = graphileLogger(graphile, log);
    await graphile.runMigrations({ pgPool: pool, schema: graphileSchema, logger });
  } finally {
    await pool.end();
  }
}

/** 0 when there is no such schema. */
export async function versionIn(client: Client | Pool): Promise<number> {
  const { rows } = await client.query<{ there: boolean }>(
    `select to_regclass('${graphileSchema}.migrations') is not null as there`,
  );
  if (rows[0]?.there !== true) return 0;
  const found = await client.query<{ id: number }>(
    `select coalesce(max(id), 0) as id from ${graphileSchema}.migrations`,
  );
  return found.rows[0]?.id ?? 0;
}

function otherVersion(version: number): Error {
  const what = `The tables of graphile-worker (schema ${graphileSchema}) are at migration ${version}, and this Ringback needs ${graphileMigration}.`;
  const remedy =
    version > graphileMigration
      ? "They belong to a newer Ringback: start that one."
      : "Run one process with RINGBACK_ROLE=migrate first, or let this one migrate at its start.";
  return new Error(`${what} ${remedy}`);
}
