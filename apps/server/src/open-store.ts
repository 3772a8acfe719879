// Opens the store and the doorbell of the mode that the settings choose. Everything after it is the same in both.
import type { Clock, Doorbell, Log, Random, Store, TallySink } from "@ringback/core";
import {
  createGraphileDoorbell,
  createTimerDoorbell,
  prepareGraphileSchema,
  ringStatement,
} from "@ringback/runner";
import { openPostgresStore, openSqliteStore, type CommitStatistics } from "@ringback/store";
import type { Config } from "./config/parse-config.ts";
import { correctedClock } from "./corrected-clock.ts";
import { masterKey } from "./master-key.ts";
import { partsOf } from "./role-parts.ts";

export interface OpenedStore {
  readonly mode: "embedded" | "scale-out";
  readonly store: Store;
  readonly doorbell: Doorbell;
  /** The machine's, or the one that all processes on the database share. */
  readonly clock: Clock;
  /**
   * Signing secrets are sealed with the first and opened with any; those that sign cursors and links are derived from them.
   */
  readonly masterKeys: readonly [Uint8Array, ...(readonly Uint8Array[])];
  /** How many groups of calls were committed since the start, and of how many calls. */
  readonly commits: CommitStatistics;
  close(): Promise<void>;
}

export interface OpenParts {
  readonly config: Config;
  /** The machine's clock. */
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Hears what commits have done. */
  readonly counted?: TallySink;
}

/** Rejects with an Error that says what to do. */
export function openStore(parts: OpenParts): Promise<OpenedStore> {
  const { DATABASE_URL: databaseUrl } = parts.config;
  return databaseUrl === null ? openEmbedded(parts) : openScaleOut(parts, databaseUrl);
}

async function openEmbedded({ config, clock, random, log, counted }: OpenParts): Promise<OpenedStore> {
  const path = config.RINGBACK_SQLITE_PATH;
  const doorbell = createTimerDoorbell({ clock });
  const key = masterKey({ given: config.RINGBACK_MASTER_KEY, sqlitePath: path, random });
  const { ring } = doorbell;
  const keys = { masterKey: key, formerMasterKeys: otherKeys(key, config, log) };
  const store = await openSqliteStore({ path, clock, random, log, ring, counted, ...keys });
  const { commits } = store;
  const masterKeys = [key, ...keys.formerMasterKeys] as const;
  return { mode: "embedded", store, doorbell, clock, masterKeys, commits, close: () => store.close() };
}

async function openScaleOut(parts: OpenParts, connectionString: string): Promise<OpenedStore> {
  const { config, random, log } = parts;
  const { RINGBACK_MASTER_KEY: key, RINGBACK_MIGRATE_AT_START: migrate } = config;
  if (key === null) throw new Error("the settings were let through without RINGBACK_MASTER_KEY");
  const clock = correctedClock(parts.clock);
  const { jobs, lanes } = partsOf(config.RINGBACK_ROLE);
  const doorbell = createGraphileDoorbell({
    connectionString,
    clock,
    random,
    log,
    answers: { jobs, lanes },
  });
  const formerMasterKeys = otherKeys(key, config, log);
  const store = await openPostgresStore({
    connectionString,
    clock: clock.uncorrected,
    random,
    log,
    masterKey: key,
    formerMasterKeys,
    migrate,
    pool: { max: config.RINGBACK_DATABASE_CONNECTIONS },
    ring: doorbell.ring,
    counted: parts.counted,
    ringStatement: (rings) => ringStatement(rings, clock),
  });
  const close = async (): Promise<void> => {
    clock.stop();
    await store.close();
  };
  try {
    // The transactions ring through graphile-worker's tables, so these are there before anybody asks the store.
    await prepareGraphileSchema({ connectionString, log, migrate });
    await clock.start({ measure: () => store.clockOffset(), log });
  } catch (thrown) {
    await close();
    throw thrown;
  }
  const masterKeys = [key, ...formerMasterKeys] as const;
  return { mode: "scale-out", store, doorbell, clock, masterKeys, commits: store.commits, close };
}

/** Those that are listed beside the present one, each once. */
function otherKeys(present: Uint8Array, config: Config, log: Log): readonly Uint8Array[] {
  const others = new Map<string, Uint8Array>();
  const listed = config.RINGBACK_FORMER_MASTER_KEYS;
  for (const key of listed) others.set(Buffer.from(key).toString("base64"), key);
  others.delete(Buffer.from(present).toString("base64"));
  if (others.size < listed.length) {
    const reason = "RINGBACK_FORMER_MASTER_KEYS lists a key twice, or the one that is the present one anyway";
    log.warn("master_key_listed_twice", { reason });
  }
  return [...others.values()];
}
