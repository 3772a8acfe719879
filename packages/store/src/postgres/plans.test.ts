// Asks PostgreSQL how it would run every statement of the store on large tables, so that one that reads a whole table fails here.
import { Client, type QueryConfig } from "pg";
import { describe, expect, it, vi } from "vitest";
import {
  noLimits,
  type AuditFilter,
  type DeliveryFilter,
  type JobFilter,
  type PageRequest,
} from "@ringback/core";
import { leaseMs, openScene, tenantId, type Scene } from "../conformance/scene.ts";
import { fillWithRows } from "../testing/many-rows.ts";
import { useCluster } from "../testing/postgres-ground.ts";
import { createRandomWalk, seeded } from "../testing/random-walk.ts";

const rows = 200_000;

interface Asked {
  readonly text: string;
  readonly values: readonly unknown[];
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** The first row of any will do, so it reads no further. */
const firstOfAny = /^select "id" from "api_key" limit \$1$/;
/** Two rows per tenant, added up once a second. */
const backlog = /^select coalesce\(sum\(case what [^]* from job_count$/;

describe("access paths on PostgreSQL", () => {
  const cluster = useCluster();

  /** Every statement that was sent while `work` ran, once each, with the values of its first time. */
  async function listen(work: () => Promise<void>): Promise<Asked[]> {
    const asked = new Map<string, Asked>();
    const query = vi.spyOn(Client.prototype, "query");
    try {
      await work();
      for (const [config, given] of query.mock.calls as unknown as [QueryConfig | string, unknown[]?][]) {
        if (typeof config === "string" || asked.has(config.text)) continue;
        const values = Array.isArray(given) ? given : (config.values ?? []);
        asked.set(config.text, { text: config.text, values: values as unknown[] });
      }
    } finally {
      query.mockRestore();
    }
    return [...asked.values()].filter(({ text }) => /^\s*(?:select|insert|update|delete|with)/i.test(text));
  }

  it("with 200,000 rows no statement goes through a whole table", async () => {
    const connectionString = await cluster.createDatabase();
    const opened = await cluster.openForTest({ connectionString });
    const client = await cluster.connect(connectionString);
    const scene = await openScene(async () => opened);
    await fillWithRows(client, rows);
    // As on the store's own connections.
    await client.query("set enable_seqscan = off");
    const asked = await listen(() => doEverything(scene));
    expect(asked.length).toBeGreaterThan(70);
    const scans: string[] = [];
    for (const { text, values } of asked.filter(
      ({ text: one }) => !firstOfAny.test(one) && !backlog.test(one),
    )) {
      const ways: readonly [string, unknown[]][] = [
        ["format json", [...values]],
        // The plan that a statement ends up with when it has been used often on one connection.
        ["format json, generic_plan", []],
      ];
      for (const [how, given] of ways) {
        const { rows: plans } = await client.query<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
          `explain (${how}) ${text}`,
          given,
        );
        const scanned = wholeTables(plans[0]?.["QUERY PLAN"][0].Plan);
        if (scanned.length > 0) scans.push(`${how}: ${scanned.join(", ")}: ${text}`);
      }
    }
    expect(scans).toEqual([]);
  }, 120_000);
});

function wholeTables(node: PlanNode | undefined): string[] {
  if (node === undefined) return [];
  const below = (node.Plans ?? []).flatMap(wholeTables);
  const isWhole = node["Node Type"] === "Seq Scan";
  return isWhole ? [node["Relation Name"] ?? "", ...below] : below;
}

async function doEverything(scene: Scene): Promise<void> {
  const { store } = scene;
  const walk = await createRandomWalk(scene, seeded(3));
  for (let at = 0; at < 250; at += 1) await walk.step();
  const idempotency = { key: "k", requestHash: "h", expiresAt: scene.now() + 1 };
  await store.intake.acceptJobs([scene.acceptance({}, { idempotency })], scene.now());
  await store.intake.acceptJobs([scene.acceptance({}, { idempotency })], scene.now());
  const held = await store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs });
  await store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs, only: held });
  await store.lanes.extend(held, { now: scene.now(), leaseMs });
  const runs = await store.runs.claim({
    holder: "h",
    kinds: ["report"],
    limit: 9,
    now: scene.now(),
    leaseMs,
  });
  await store.runs.extend(runs, { now: scene.now(), leaseMs });
  await store.runs.reportProgress(
    runs.map((run) => ({ ...run, percent: 1, message: null })),
    scene.now(),
  );
  await store.runs.failUnknownKinds({ kinds: ["report"], dueBefore: 1, now: scene.now(), limit: 9 });
  await store.due(scene.now(), 9);
  await store.expire({ now: 1, limit: 9 });
  const rotation = { secret: "whsec_bmV3", overlapUntil: scene.now(), now: scene.now() };
  await store.tenants.rotateCallbackSecret(tenantId, rotation);
  const key = { tenantId, id: "key_1", lookup: "abc", hash: "h", scopes: [], expiresAt: null };
  await store.tenants.putKeys([key], scene.now());
  const act = { by: { tenantId, keyId: "key_1" }, reason: null };
  const asked = { id: "new", name: null, limits: noLimits, callbackSecret: "whsec_bmV3" };
  await store.tenants.createTenant(asked, scene.now(), act);
  await store.tenants.changeTenant(tenantId, { limits: { runningMax: 500 } }, scene.now(), act);
  await store.tenants.createKey({ ...key, id: "key_2", lookup: "abd" }, scene.now(), act);
  await store.tenants.revokeKey({ tenantId, keyId: "key_2" }, scene.now(), act);
  await store.tenants.noteKeyUse({ tenantId, keyId: "key_1" }, scene.now());
  const admission = { unfinishedMax: 1_000_000, backlogMax: 10_000_000 };
  await store.intake.acceptJobs([scene.acceptance({}, { admission })], scene.now());
  const limits = { tenantRunningMax: 1_000, kindRunningMax: { report: 1_000 } };
  await store.runs.claim({ holder: "h", kinds: ["report"], limit: 9, now: scene.now(), leaseMs, ...limits });
  await store.tenants.findKey("abc");
  await readEverything(scene);
}

async function readEverything({ store: { reads, tenants } }: Scene): Promise<void> {
  const pages: PageRequest[] = [
    { after: null, limit: 20 },
    { after: { at: 1_000, id: "x" }, limit: 20 },
  ];
  const jobFilters: JobFilter[] = [
    {},
    { status: ["failed"] },
    { status: ["queued", "running"] },
    { kind: "kind-1" },
    { createdAfter: 1 },
    { metadata: { customer: "c1" } },
  ];
  const deliveryFilters: DeliveryFilter[] = [
    {},
    { status: ["dead"] },
    { status: ["dead", "pending"] },
    { endpointId: "ep_3" },
    { jobId: "job_000000002" },
    { host: "2.example" },
    { code: "gone" },
    { httpStatus: 500 },
    { from: 1, until: 2_000 },
  ];
  const auditFilters: AuditFilter[] = [
    {},
    { subject: "key_3" },
    { action: "key.created" },
    { from: 1, until: 2 },
  ];
  for (const page of pages) {
    for (const filter of jobFilters) await reads.listJobs(tenantId, filter, page);
    for (const filter of deliveryFilters) {
      await reads.listDeliveries(tenantId, filter, page);
      await reads.listDeadLetters(tenantId, filter, page);
    }
    await reads.listEndpoints(tenantId, page);
    await tenants.listKeys(tenantId, page);
    await tenants.listTenants(page);
    for (const filter of auditFilters) await tenants.listAudit(tenantId, filter, page);
  }
  await tenants.getKey(tenantId, "key_000000002");
  await tenants.getTenant(tenantId);
  await reads.getJob(tenantId, "job_000000002");
  await reads.getResult(tenantId, "job_000000002");
  await reads.listJobEvents(tenantId, "job_000000002", { after: 0, limit: 9 });
  await reads.getEndpoint(tenantId, "ep_000000002");
  await reads.getDelivery(tenantId, "dlv_000000002");
  await reads.getDeadLetter(tenantId, "dlv_000000003");
  await reads.readFeed(tenantId, { after: 1_000, limit: 9 });
  await reads.findIdempotent(tenantId, "key_000000002", 1);
  await reads.feedHead(tenantId);
  await reads.callbackSecrets(tenantId, 1);
}
