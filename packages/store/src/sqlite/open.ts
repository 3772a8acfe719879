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
import { createJobCounts } from "./job-counts.ts";
import { asUnavailable } from "./faults.ts";
import type { Ground } from "./ground.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { openFile, type OpenFile } from "./open-file.ts";
import { createReads } from "./reads.ts";
import type { KeyReads } from "./reads/keys.ts";
import type { TenantReads } from "./reads/tenants.ts";
import type { Client } from "./rows.ts";
import { createTenantBook } from "./tenant-book.ts";
import { createIntakeTransitions } from "./transitions/intake.ts";
import { createKeyTransitions } from "./transitions/keys.ts";
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
  const tenants = createTenantBook(client);
  const counts = createJobCounts(client);
  const ground: Ground = { client, random, sealing, effects, endpoints, tenants, counts };
  const begin = client.prepare("begin immediate");
  const commit = client.prepare("commit");
  const writes = createGroupCommit({
    transaction(body) {
      begin.run();
      try {
        body();
        counts.write();
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
      tenants.forgetAll();
      counts.forgetAll();
    },
    asUnavailable,
    log,
  });
  const { reads, tenants: tenantReads } = createReads(drizzle(client), sealing, asUnavailable);
  return {
    ...transitions(ground, writes),
    tenants: { ...tenantTransitions(ground, writes), ...tenantReads },
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
): Pick<Store, "intake" | "runs" | "lanes" | "support" | "recover" | "due" | "expire"> {
  const intake = createIntakeTransitions(ground);
  const runs = createRunTransitions(ground);
  const lanes = createLaneTransitions(ground);
  const support = createSupportTransitions(ground);
  const upkeep = createUpkeep(ground);
  return {
    intake: {
      acceptJobs: (items, now) => writes.run(() => intake.acceptJobs(items, now)),
      cancelJobs: (items, now) => writes.run(() => intake.cancelJobs(items, now)),
    },
    runs: {
      claim: (claim) => writes.run(() => runs.claim(claim)),
      extend: (keys, lease) => writes.run(() => runs.extend(keys, lease)),
      reportProgress: (items, now) => writes.run(() => runs.reportProgress(items, now)),
      end: (items, now) => writes.run(() => runs.end(items, now)),
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
      createEndpoints: (items, now, act) => writes.run(() => support.createEndpoints(items, now, act)),
      setEndpointStatus: (key, status, now, act) =>
        writes.run(() => support.setEndpointStatus(key, status, now, act)),
      redeliver: (items, now, act) => writes.run(() => support.redeliver(items, now, act)),
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
): Omit<Store["tenants"], keyof TenantReads | keyof KeyReads> {
  const tenants = createTenantTransitions(ground);
  const keys = createKeyTransitions(ground);
  return {
    ensureTenant: (tenant, now) => writes.run(() => tenants.ensureTenant(tenant, now)),
    rotateCallbackSecret: (tenantId, rotation) =>
      writes.run(() => tenants.rotateCallbackSecret(tenantId, rotation)),
    createTenant: (asked, now, act) => writes.run(() => tenants.createTenant(asked, now, act)),
    changeTenant: (tenantId, change, now, act) =>
      writes.run(() => tenants.changeTenant(tenantId, change, now, act)),
    putKeys: (items, now) => writes.run(() => keys.putKeys(items, now)),
    createKey: (key, now, act) => writes.run(() => keys.createKey(key, now, act)),
    revokeKey: (key, now, act) => writes.run(() => keys.revokeKey(key, now, act)),
    noteKeyUse: (key, at) => writes.run(() => keys.noteKeyUse(key, at)),
  };
}
