// What the tests of the PostgreSQL adapter stand on: an empty database for every store, on the server that was started
// for the run (TEST_DATABASE_URL; vitest.config.ts says by whom). Everything is dropped afterwards.
import { randomBytes } from "node:crypto";
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
  /** Opens a store on this database; whoever opened it closes it. */
  open(connectionString: string, over?: Partial<PostgresStoreOptions>): Promise<OpenedOnPostgres>;
  /** Takes every row out of this database. */
  empty(connectionString: string): Promise<void>;
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
  "present_key",
  "announced_kind",
  "retention_mark",
  "replay_item",
  "replay",
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
  "feed_floor",
  "tenant",
]
  .map((table) => `delete from ${table}`)
  .join("; ");

/** Starts a cluster for the tests of the file that calls this. */
export function useCluster(): TestCluster {
  let home = "";
  let template = "";
  let databases = 0;
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

  async function open(
    connectionString: string,
    over: Partial<PostgresStoreOptions> = {},
  ): Promise<OpenedOnPostgres> {
    const options = optionsForPostgres(connectionString, over);
    const store = await openPostgresStore(options);
    return { store, random: options.random, rings: options.rings, connectionString };
  }

  async function empty(connectionString: string): Promise<void> {
    await ask(connectionString, emptyEverything);
  }

  beforeAll(async () => {
    const server = process.env["TEST_DATABASE_URL"];
    if (server === undefined)
      throw new Error("run vitest from the repository's root, or set TEST_DATABASE_URL");
    home = server;
    template = `ringback_${randomBytes(6).toString("hex")}`;
    await ask(home, `create database ${template}`);
    const store = await openPostgresStore(optionsForPostgres(withDatabase(template)));
    await store.close();
  }, 60_000);

  afterAll(async () => {
    for (let at = databases; at > 0; at -= 1) {
      await ask(home, `drop database if exists ${template}_${at} with (force)`);
    }
    await ask(home, `drop database ${template} with (force)`);
  }, 60_000);

  return {
    ask,
    createDatabase,
    open,
    empty,
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
      const opened = await open(connectionString, over);
      onTestFinished(async () => {
        await opened.store.close();
        if (!own) return;
        await empty(connectionString);
        emptied.push(connectionString);
      });
      return opened;
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
