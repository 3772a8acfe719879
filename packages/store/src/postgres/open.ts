// Opens the store on PostgreSQL and puts its parts together: two pools, a line of commits per verb, a channel of changes.
import { drizzle } from "drizzle-orm/node-postgres";
import { Client } from "pg";
import type { Clock, Instant, Log, Random, RingSink, Store, TallySink } from "@ringback/core";
import { createCallGroups } from "../call-groups.ts";
import { CannotOpenStore } from "../cannot-open-store.ts";
import { createChangeFeed } from "../change-feed.ts";
import { createEffects, type Gathered } from "../effects.ts";
import type { CommitStatistics } from "../commit-statistics.ts";
import { createSealGuard, guardSeals } from "../seal-guard.ts";
import { createSealing } from "../sealing.ts";
import { createSeals } from "../seals.ts";
import { createChangeChannel } from "./change-channel.ts";
import { createClaimMemory } from "./claim-memory.ts";
import { measureClockOffset } from "./clock-offset.ts";
import { createDraft, type RingStatement } from "./draft.ts";
import { asUnavailable } from "./faults.ts";
import { createForesight } from "./foresight.ts";
import type { Ground } from "./ground.ts";
import { countUncounted, createBacklog } from "./job-counts.ts";
import { createJobVersions } from "./job-versions.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { connectionOptions, openPools, type PoolSize } from "./pools.ts";
import { createReads } from "./reads.ts";
import { createStatisticsKeeper } from "./statistics.ts";
import { createTransactions } from "./transaction.ts";
import { createVerbs, sealVerbs, type Transact } from "./verbs.ts";

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database`; not through a pooler that shares connections between transactions. */
  readonly connectionString: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** 32 bytes; seals secrets and headers. The same for every process. */
  readonly masterKey: Uint8Array;
  /** As long each; what was sealed with them opens, too. */
  readonly formerMasterKeys?: readonly Uint8Array[];
  /** Brings the tables up to date; false refuses to open when they are not. */
  readonly migrate: boolean;
  readonly pool?: PoolSize;
  /** Hears, after each commit of this process, what has become due; and of other processes' what only one can answer. */
  readonly ring: RingSink;
  /** Hears, after each commit of this process, what it did. */
  readonly counted?: TallySink | undefined;
  /** Rings from inside the transaction, for every process: a statement that is committed with what it rings for. */
  readonly ringStatement?: RingStatement;
}

export interface PostgresStore extends Store {
  /** How many groups of calls were committed, and of how many calls. */
  readonly commits: CommitStatistics;
  /** Milliseconds to add to this process's clock to have the database's. Rejects with StoreUnavailable. */
  clockOffset(): Promise<number>;
}

/** The first with everything that is used here; older ones are no longer maintained either. */
const serverVersionMin = 150_000;

/** Rejects with CannotOpenStore, whose message says what to do. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { connectionString, clock, random, log, masterKey, formerMasterKeys } = options;
  const sealing = createSealing(masterKey, random, formerMasterKeys);
  const { applied, commitLevel } = await prepareDatabase(options);
  const pools = openPools(connectionString, { size: options.pool ?? {}, commitLevel, log });
  const feed = createChangeFeed(log);
  const channel = createChangeChannel(connectionString, { feed, ring: options.ring, clock, random, log });
  const transactions = createTransactions({ clock, random, log });
  const groups = createCallGroups(asUnavailable);
  const statistics = createStatisticsKeeper({ pool: pools.work, clock, log });
  const remembered = {
    turns: createClaimMemory(),
    backlog: createBacklog(),
    foresight: createForesight(),
  };
  let closing = false;

  function committed({ rings, changes, tallied }: Gathered): void {
    try {
      if (rings.length > 0) options.ring(rings);
      feed.publish(changes);
      channel.tell({ changes, rings });
      if (tallied.length > 0) options.counted?.(tallied);
    } catch (thrown) {
      log.error("store.after_commit_failed", { error: String(thrown) });
    }
  }

  const transact: Transact = async (which, work) => {
    const { result, gathered, acts } = await transactions.run(pools[which], async (transaction) => {
      const acts: (() => void)[] = [];
      const afterCommit = (act: () => void): void => void acts.push(act);
      const effects = createEffects();
      const draft = createDraft(transaction, effects, options.ringStatement ?? null);
      const ground: Ground = { transaction, draft, effects, random, sealing, ...remembered, afterCommit };
      const result = await work(ground);
      return { result, gathered: await draft.flush(), acts };
    });
    for (const act of acts) act();
    committed(gathered);
    statistics.committed();
    return result;
  };

  const read = createReads(drizzle({ client: pools.front }), sealing, asUnavailable);
  const guard = createSealGuard();
  const verbs = guardSeals(createVerbs(transact, groups), guard);
  const seals = createSeals({ sealing, guard, reads: read.seals, ...sealVerbs(transact) });
  await channel.start();
  await lookOrClose();
  log.info("store.opened", { file: placeOf(connectionString), count: applied });
  return {
    ...verbs,
    tenants: { ...verbs.tenants, ...read.tenants },
    reads: { ...read.reads, ...createJobVersions(pools.front, clock) },
    seals,
    changes: { subscribe: (listener) => feed.subscribe(listener), areComplete: () => false },
    commits: groups.statistics,
    async clockOffset() {
      try {
        return await measureClockOffset(pools.work, clock);
      } catch (thrown) {
        throw asUnavailable(thrown) ?? thrown;
      }
    },
    close,
  };

  async function close(): Promise<void> {
    if (closing) return;
    closing = true;
    await groups.drained();
    await channel.close();
    await statistics.drained();
    await pools.close();
  }

  async function lookOrClose(): Promise<void> {
    try {
      await seals.look();
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }
}

/**
 * Brings the tables up to date and does nothing else; how many migrations were applied. Rejects with CannotOpenStore, whose
 * message says what to do.
 */
export function migratePostgres(options: {
  readonly connectionString: string;
  readonly now: Instant;
}): Promise<number> {
  const { connectionString, now } = options;
  return withClient(connectionString, async (client, place) => {
    await requireVersion(client, place);
    return migrate(client, { migrations: readMigrations(), apply: true, now, place });
  });
}

interface Prepared {
  /** How many migrations were applied. */
  readonly applied: number;
  /** PostgreSQL's synchronous_commit, strong enough. */
  readonly commitLevel: string;
}

function prepareDatabase(options: PostgresStoreOptions): Promise<Prepared> {
  const { connectionString, clock } = options;
  return withClient(connectionString, async (client, place) => {
    await requireVersion(client, place);
    const migrations = readMigrations();
    const applied = await migrate(client, { migrations, apply: options.migrate, now: clock.now(), place });
    const commitLevel = await requireDurable(client, place);
    await countUncounted(client);
    return { applied, commitLevel };
  });
}

/** A connection for what comes before the pools. */
async function withClient<Result>(
  connectionString: string,
  work: (client: Client, place: string) => Promise<Result>,
): Promise<Result> {
  const place = placeOf(connectionString);
  const client = new Client({ ...connectionOptions(connectionString), query_timeout: 0 });
  // A cut rejects the query that is under way; without a listener it would end the process as well.
  client.on("error", () => undefined);
  try {
    await client.connect();
    return await work(client, place);
  } catch (thrown) {
    const unavailable = asUnavailable(thrown);
    if (unavailable === null) throw thrown;
    const message = `The database ${place} cannot be used: ${String(unavailable.cause)}. Check DATABASE_URL and that it runs.`;
    throw new CannotOpenStore("unreachable", place, { message, cause: thrown });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function requireVersion(client: Client, place: string): Promise<void> {
  const { rows } = await client.query<{ number: number; version: string }>(
    "select current_setting('server_version_num')::int as number, current_setting('server_version') as version",
  );
  const [row] = rows;
  if (row === undefined || row.number >= serverVersionMin) return;
  const message = `The database ${place} runs PostgreSQL ${row.version}; Ringback needs 15 or newer.`;
  throw new CannotOpenStore("old_postgres", place, { message });
}

/** Commits are on disk before anybody hears of them; `remote_apply`, which promises more, is kept. */
async function requireDurable(client: Client, place: string): Promise<string> {
  const { rows } = await client.query<{ readonly: string; level: string }>(
    `select current_setting('transaction_read_only') as readonly, current_setting('synchronous_commit') as level`,
  );
  const { readonly = "on", level = "off" } = rows[0] ?? {};
  if (readonly !== "off") {
    const message = `The database ${place} only reads, as a standby does. Set DATABASE_URL to the primary.`;
    throw new CannotOpenStore("not_writable", place, { message });
  }
  if (level === "on" || level === "remote_apply") return level;
  const message = `The database ${place} has synchronous_commit=${level}, so an accepted job could be lost. Set it to on.`;
  throw new CannotOpenStore("not_durable", place, { message });
}

/** Host, port and database; never the user or the password. */
function placeOf(connectionString: string): string {
  try {
    const { host, pathname } = new URL(connectionString);
    return `${host}${pathname}`;
  } catch {
    return "DATABASE_URL";
  }
}
