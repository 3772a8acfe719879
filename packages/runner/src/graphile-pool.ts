// The connections that graphile-worker uses: few, apart from the store's, and in no hurry to be durable.
import type { Pool } from "pg";
import type { Log } from "@ringback/core";

/** One listens, the others fetch and complete rings. */
const connectionsMax = 4;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 10_000;
const keepAliveAfterMs = 5_000;

/**
 * A fetch or a completion that is lost with the server's power is a ring that comes once more, so it need not wait for
 * the disk. The rings themselves are added by the store's transactions, which do.
 */
export async function openGraphilePool(connectionString: string, log: Log): Promise<Pool> {
  // Loaded here, since the embedded mode has no use for it.
  const { Pool } = await import("pg");
  const pool = new Pool({
    connectionString,
    application_name: "ringback rings",
    options: "-c jit=off -c synchronous_commit=off",
    max: connectionsMax,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
  });
  // Without listeners, a connection that is cut would end the process: in use, when its statement has the fault already,
  // as well as while it lies idle.
  pool.on("connect", (client) => client.on("error", () => undefined));
  pool.on("error", (error) => log.warn("graphile.connection_lost", { error: error.message }));
  return pool;
}
