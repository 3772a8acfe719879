// Opens the store on SQLite and puts its parts together: one connection, one write lane, reads beside it.
import { drizzle } from "drizzle-orm/better-sqlite3";
import type { Clock, Log, Random, RingSink, Store } from "@ringback/core";
import { CannotOpenStore } from "../cannot-open-store.ts";
import { createChangeFeed } from "../change-feed.ts";
import { createEffects } from "../effects.ts";
import { createGroupCommit, type CommitStatistics, type GroupCommit } from "../group-commit.ts";
import { createSealing, SealBroken, type Sealing } from "../sealing.ts";
import { secretPlace, type SecretKey } from "../secret-place.ts";
import { createEndpointBook } from "./endpoint-book.ts";
import { asUnavailable } from "./faults.ts";
import type { Ground } from "./ground.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { openFile, type OpenFile } from "./open-file.ts";
import { createReads } from "./reads.ts";
import type { Client } from "./rows.ts";
import { createIntakeTransitions } from "./transitions/intake.ts";
import { createKindTransitions } from "./transitions/kinds.ts";
import { createLaneTransitions } from "./transitions/lanes.ts";
import { createRunTransitions } from "./transitions/runs.ts";
import { createSupportTransitions } from "./transitions/support.ts";
import { createTenantTransitions } from "./transitions/tenants.ts";
import { createUpkeep } from "./transitions/upkeep.ts";

export interface SqliteStoreOptions {
  /** The database's file, or `:memory:` for a test. */
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Hears, after each commit, what has become due. */
  readonly ring: RingSink;
  /** 32 bytes; seals secrets and headers. */
  readonly masterKey: Uint8Array;
}

export interface SqliteStore extends Store {
  /** How many transactions were committed, and for how many calls. */
  readonly commits: CommitStatistics;
}

/** How much one transaction of `recover` takes on, so that others are not kept waiting. */
const recoveredAtOnceMax = 200;

/** Rejects with CannotOpenStore, whose message says what to do. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, clock, random, log, masterKey } = options;
  const sealing = createSealing(masterKey, random);
  const file = openFile(path);
  const { client } = file;
  try {
    const applied = migrate(client, readMigrations(), clock.now());
    requireKey(client, sealing);
    log.info("store.opened", { file: path, count: applied });
    return assembleStore(file, sealing, options);
  } catch (thrown) {
    file.close();
    throw thrown;
  }
}

/** A wrong key is told at the start, not at the first delivery. */
function requireKey(client: Client, sealing: Sealing): void {
  const row = client
    .prepare<[], SecretKey & { readonly sealed: string }>(
      `select tenant_id as "tenantId", owner, n, sealed from signing_secret limit 1`,
    )
    .get();
  if (row === undefined) return;
  try {
    sealing.open(row.sealed, secretPlace(row));
  } catch (cause) {
    if (!(cause instanceof SealBroken)) throw cause;
    const message = `The secrets in ${client.name} do not open: ${cause.message} Set RINGBACK_MASTER_KEY to the key they were sealed with.`;
    throw new CannotOpenStore("other_key", client.name, { message, cause });
  }
}

/** The store on a file that is open and up to date; apart from `openSqliteStore` for tests that limit the file. */
export function assembleStore(file: OpenFile, sealing: Sealing, options: SqliteStoreOptions): SqliteStore {
  const { client } = file;
  const { random, log, ring } = options;
  const effects = createEffects();
  const changes = createChangeFeed(log);
  const endpoints = createEndpointBook(client);
  const ground: Ground = { client, random, sealing, effects, endpoints };
  const begin = client.prepare("begin immediate");
  const commit = client.prepare("commit");
  const writes = createGroupCommit({
    transaction(body) {
      begin.run();
      try {
        body();
        commit.run();
      } catch (thrown) {
        // SQLite has rolled back by itself after some faults, a full disk among them.
        if (client.inTransaction) client.exec("rollback");
        throw thrown;
      }
    },
    committed() {
      const gathered = effects.take();
      if (gathered.rings.length > 0) ring(gathered.rings);
      changes.publish(gathered.changes);
    },
    rolledBack() {
      effects.take();
      endpoints.forgetAll();
    },
    asUnavailable,
    log,
  });
  const { reads, keys } = createReads(drizzle(client), sealing, asUnavailable);
  return {
    ...transitions(ground, writes),
    tenants: { ...tenantTransitions(ground, writes), ...keys },
    reads,
    changes: { subscribe: (listener) => changes.subscribe(listener) },
    commits: writes.statistics,
    async close() {
      writes.close();
      file.close();
    },
  };
}

function transitions(
  ground: Ground,
  writes: GroupCommit,
): Pick<Store, "intake" | "runs" | "lanes" | "support" | "kinds" | "recover" | "due" | "expire"> {
  const intake = createIntakeTransitions(ground);
  const runs = createRunTransitions(ground);
  const lanes = createLaneTransitions(ground);
  const support = createSupportTransitions(ground);
  const kinds = createKindTransitions(ground);
  const upkeep = createUpkeep(ground);
  return {
    intake: {
      acceptJobs: (items, now) => writes.run(() => intake.acceptJobs(items, now)),
      acceptTogether: (items, now) => writes.run(() => intake.acceptTogether(items, now)),
      cancelJobs: (items, now) => writes.run(() => intake.cancelJobs(items, now)),
      eraseResults: (items, now) => writes.run(() => intake.eraseResults(items, now)),
    },
    runs: {
      claim: (claim) => writes.run(() => runs.claim(claim)),
      claimFor: (claim) => writes.run(() => runs.claimFor(claim)),
      handOver: (items, now) => writes.run(() => runs.handOver(items, now)),
      extend: (keys, lease) => writes.run(() => runs.extend(keys, lease)),
      reportProgress: (items, now) => writes.run(() => runs.reportProgress(items, now)),
      end: (items, now) => writes.run(() => runs.end(items, now)),
      failUnstarted: (limited) => writes.run(() => runs.failUnstarted(limited)),
      failUnknownKinds: (unknown) => writes.run(() => runs.failUnknownKinds(unknown)),
    },
    lanes: {
      claim: (claim) => writes.run(() => lanes.claim(claim)),
      extend: (held, lease) => writes.run(() => lanes.extend(held, lease)),
      release: (held, now) => writes.run(() => lanes.release(held, now)),
      claimDeliveries: (lane, claim) => writes.run(() => lanes.claimDeliveries(lane, claim)),
      recordAttempts: (items, now) => writes.run(() => lanes.recordAttempts(items, now)),
    },
    support: {
      createEndpoints: (items, now) => writes.run(() => support.createEndpoints(items, now)),
      setEndpointStatus: (key, status, now) => writes.run(() => support.setEndpointStatus(key, status, now)),
      redeliver: (items, now) => writes.run(() => support.redeliver(items, now)),
    },
    kinds: {
      announce: (announcement) => writes.run(() => kinds.announce(announcement)),
      announced: (since) => writes.run(() => kinds.announced(since)),
    },
    async recover(whose) {
      const recovered = { runs: 0, lanes: 0, attempts: 0 };
      for (let more = true; more;) {
        const limited = { ...whose, limit: recoveredAtOnceMax };
        // One after the other on purpose: each is a transaction of bounded size.
        const batch = await writes.run(() => ({ runs: runs.recover(limited), ...lanes.recover(limited) }));
        recovered.runs += batch.runs;
        recovered.lanes += batch.lanes;
        recovered.attempts += batch.attempts;
        more = batch.runs === recoveredAtOnceMax || batch.lanes === recoveredAtOnceMax;
      }
      return recovered;
    },
    due: (now, limit) => writes.run(() => upkeep.due(now, limit)),
    expire: (asked) => writes.run(() => upkeep.expire(asked)),
  };
}

function tenantTransitions(
  ground: Ground,
  writes: GroupCommit,
): Pick<Store["tenants"], "ensureTenant" | "rotateCallbackSecret" | "putKeys" | "putFirstKey"> {
  const tenants = createTenantTransitions(ground);
  return {
    ensureTenant: (tenant, now) => writes.run(() => tenants.ensureTenant(tenant, now)),
    rotateCallbackSecret: (tenantId, rotation) =>
      writes.run(() => tenants.rotateCallbackSecret(tenantId, rotation)),
    putKeys: (items, now) => writes.run(() => tenants.putKeys(items, now)),
    putFirstKey: (item, now) => writes.run(() => tenants.putFirstKey(item, now)),
  };
}
