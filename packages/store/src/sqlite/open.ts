// Opens the store on SQLite and puts its parts together: one writer, in a thread of its own for a file, and reads beside it.
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { Clock, Log, Random, RingSink, Store, TallySink } from "@ringback/core";
import { createChangeFeed, type ChangeFeed } from "../change-feed.ts";
import type { Gathered } from "../effects.ts";
import type { CommitStatistics } from "../commit-statistics.ts";
import { createSealGuard, guardSeals } from "../seal-guard.ts";
import { createSealing, type Sealing } from "../sealing.ts";
import { createSeals } from "../seals.ts";
import { openInDatabaseThread } from "./database-thread.ts";
import { asUnavailable } from "./faults.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { inMemory, openFile, type OpenFile } from "./open-file.ts";
import { createReads } from "./reads.ts";
import { createVerbs, sealVerbs } from "./verbs.ts";
import { createWriter, type Writer } from "./writer.ts";

export interface SqliteStoreOptions {
  /** The database's file, or `:memory:` for a test. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Hears, after each commit, what has become due. */
  readonly ring: RingSink;
  /** Hears, after each commit, what it did. */
  readonly counted?: TallySink | undefined;
  /** 32 bytes; seals secrets and headers. */
  readonly masterKey: Uint8Array;
  /** As long each; what was sealed with them opens, too. */
  readonly formerMasterKeys?: readonly Uint8Array[];
}

export interface SqliteStore extends Store {
  /** How many transactions were committed, and for how many calls. */
  readonly commits: CommitStatistics;
}

/** Rejects with CannotOpenStore, whose message says what to do. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, clock, random, log, masterKey, formerMasterKeys } = options;
  const sealing = createSealing(masterKey, random, formerMasterKeys);
  const file = openFile(path);
  const { client } = file;
  try {
    const applied = migrate(client, readMigrations(), clock.now());
    log.info("store.opened", { file: path, count: applied });
    const store =
      path === inMemory
        ? assembleStore(file, sealing, options)
        : await assembleThreadedStore(file, sealing, options);
    await store.seals.look();
    return store;
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

/** The store on a file that is open and up to date, all in this thread: for a database in memory, and for tests that limit the file. */
export function assembleStore(file: OpenFile, sealing: Sealing, options: SqliteStoreOptions): SqliteStore {
  const { random, log } = options;
  const { committed, changes } = createTelling(options);
  const writer = createWriter(file.client, { random, sealing, log, committed });
  return storeOf({ file, sealing, writer, changes });
}

/** The store on a file whose writes are made in a thread of their own; this one's connection only reads. */
async function assembleThreadedStore(
  file: OpenFile,
  sealing: Sealing,
  options: SqliteStoreOptions,
): Promise<SqliteStore> {
  const { committed, changes } = createTelling(options);
  const writer = await openInDatabaseThread(file.client.name, { ...options, committed });
  file.client.pragma("query_only = ON");
  return storeOf({ file, sealing, writer, changes });
}

interface Telling {
  readonly committed: (gathered: Gathered) => void;
  readonly changes: ChangeFeed;
}

function createTelling({ log, ring, counted }: SqliteStoreOptions): Telling {
  const changes = createChangeFeed(log);
  return {
    changes,
    committed(gathered) {
      try {
        // First, since a ring sets things off: nobody may act on a commit that readers have not been told of.
        changes.publish(gathered.changes);
        if (gathered.rings.length > 0) ring(gathered.rings);
        if (gathered.tallied.length > 0) counted?.(gathered.tallied);
      } catch (thrown) {
        log.error("store.after_commit_failed", { error: String(thrown) });
      }
    },
  };
}

interface StoreParts {
  readonly file: OpenFile;
  readonly sealing: Sealing;
  readonly writer: Writer;
  readonly changes: ChangeFeed;
}

function storeOf({ file, sealing, writer, changes }: StoreParts): SqliteStore {
  const guard = createSealGuard();
  const { tenants, ...verbs } = guardSeals(createVerbs(writer.call), guard);
  const { reads, tenants: tenantReads, seals } = createReads(drizzle(file.client), sealing, asUnavailable);
  return {
    ...verbs,
    tenants: { ...tenants, ...tenantReads },
    reads,
    seals: createSeals({ sealing, guard, reads: seals, ...sealVerbs(writer.call) }),
    changes: { subscribe: (listener) => changes.subscribe(listener), areComplete: () => writer.isWhole() },
    commits: writer.statistics,
    async close() {
      await writer.close();
      file.close();
    },
  };
}
