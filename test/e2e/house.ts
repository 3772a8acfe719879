// Store, runner and dispatcher put together as the server does, without the API, on a clock that is moved by hand.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createKinds,
  defineJob,
  makeId,
  type Log,
  type Random,
  type Ring,
  type RingSink,
  type Store,
} from "@ringback/core";
import { createAddressGuard, createDispatcher, parseAllowNetworks } from "@ringback/dispatcher";
import { createRunner, createTimerDoorbell, runnerDefaults, type Runner } from "@ringback/runner";
import { openPostgresStore, openSqliteStore } from "@ringback/store";
import { onTestFinished } from "vitest";
import { manualClock, type ManualClock } from "../support/manual-clock.ts";
import { createTestDatabase, mode } from "../support/mode.ts";
import { seeded } from "../support/seed.ts";
import { whsec } from "../support/whsec.ts";

export interface House {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly runner: Runner;
  /** Submits a job that succeeds at once and is told to this callback; its id. */
  submitTo(url: string): Promise<string>;
}

export const tenantId = "default";
export const startedAt = Date.parse("2026-11-22T09:00:00.000Z");
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Stands between a commit and the doorbell. */
export type Interference = (rings: readonly Ring[], pass: RingSink, clock: ManualClock) => void;

/** Closed when the test is over. `seedName` makes its ids and jitter its own. */
export async function openHouse(seedName: string, interfere: Interference | null = null): Promise<House> {
  const random = randomOf(seedName);
  const folder = mkdtempSync(join(tmpdir(), "ringback-"));
  const clock = manualClock(startedAt);
  const doorbell = createTimerDoorbell({ clock });
  const shared = { clock, random, log: silent };
  const database = mode === "scale-out" ? await createTestDatabase() : null;
  const ring: RingSink =
    interfere === null ? doorbell.ring : (rings) => interfere(rings, doorbell.ring, clock);
  const common = { ...shared, ring, masterKey: random.bytes(32) };
  const store =
    database === null
      ? await openSqliteStore({ ...common, path: join(folder, "ringback.db") })
      : await openPostgresStore({ ...common, ...database, masterKey: common.masterKey, migrate: false });
  await store.tenants.ensureTenant({ id: tenantId, callbackSecret: whsec(tenantId) }, clock.now());
  const allowed = parseAllowNetworks("127.0.0.0/8");
  if ("problems" in allowed) throw new Error(allowed.problems.join());
  const guard = createAddressGuard({
    allowNetworks: allowed.networks,
    allowHttp: true,
    ownAddresses: () => [],
    clock,
  });
  const dispatcher = createDispatcher({ ...shared, lanes: store.lanes, guard, userAgent: "Ringback/test" });
  const runner = createRunner({
    ...shared,
    store,
    doorbell,
    kinds: createKinds([defineJob({ kind: "echo", run: (input) => input })]),
    laneServer: dispatcher,
    holder: "the only one",
    resultUrl: () => "",
    settings: { ...runnerDefaults, soleHolder: true },
  });
  await runner.start();
  onTestFinished(async () => {
    await runner.stop();
    await dispatcher.stop();
    await store.close();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });
  return { clock, store, runner, submitTo: (url) => submit(url, { clock, store, random }) };
}

async function submit(
  url: string,
  { clock, store, random }: Pick<House, "clock" | "store"> & { readonly random: Random },
): Promise<string> {
  const id = makeId("job", clock.now(), random);
  const { origin, host } = new URL(url);
  const job = {
    tenantId,
    id,
    kind: "echo",
    input: '"x"',
    metadata: {},
    priority: 0,
    runAt: null,
    runTimeoutMs: 60_000,
    queueTimeoutMs: null,
    maxRuns: 1,
    resultTtlMs: 86_400_000,
    callback: { url, events: ["job.succeeded"], headers: {}, secret: null },
    traceparent: null,
  };
  await store.intake.acceptJobs([{ job, receiver: { origin, host }, idempotency: null }], clock.now());
  return id;
}

function randomOf(seedName: string): Random {
  const chance = seeded(seedName);
  return {
    unit: () => chance.unit(),
    bytes: (count) => Uint8Array.from({ length: count }, () => chance.whole(0, 255)),
  };
}
