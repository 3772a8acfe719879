// A PostgreSQL of the benchmark's own, durable as one should be. It is held by a process that stops it when its parent is gone.
import { Client } from "pg";
import { startPostgresCluster } from "../../support/postgres-cluster.ts";
import { answerParent, ready } from "./in-child.ts";

/** Of 16 MB each. */
const logFiles = 32;

const cluster = await startPostgresCluster({ durable: true });
await useLogFiles(cluster.connectionString);
const stop = (): void => void cluster.stop().finally(() => process.exit(0));
answerParent({ createDatabase: () => cluster.createDatabase() }, stop);
process.removeAllListeners("SIGTERM").on("SIGTERM", stop);
ready();

/**
 * Makes the files of the write-ahead log, and leaves them to be used again, as they are in a database that has run for a
 * while. In a new one every 16 MB of changes wait for a file to be filled with zeros, 200 to 400 ms each time.
 */
async function useLogFiles(connectionString: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  for (let file = 0; file < logFiles; file += 1) {
    await client.query("select pg_logical_emit_message(true, 'bench', 'a file more')");
    await client.query("select pg_switch_wal()");
  }
  await client.query("checkpoint");
  await client.end();
}
