// Asks every read that there is, with every filter, so that whoever listens hears every statement.
import type {
  AuditFilter,
  DeliveryFilter,
  JobFilter,
  PageRequest,
  ReadStore,
  SealStore,
  Selection,
  TenantStore,
} from "@ringback/core";
import { tenantId } from "../conformance/scene.ts";
import type { SealReads } from "../sqlite/reads/seals.ts";

const pages: readonly PageRequest[] = [
  { after: null, limit: 20 },
  { after: { at: 1_000, id: "x" }, limit: 20 },
];
const jobFilters: readonly JobFilter[] = [
  {},
  { status: ["failed"] },
  { status: ["queued", "running"] },
  { kind: "kind-1" },
  { createdAfter: 1 },
  { metadata: { customer: "c1" } },
];
const deliveryFilters: readonly DeliveryFilter[] = [
  {},
  { status: ["dead"] },
  { status: ["dead", "pending"] },
  { endpointId: "ep_3" },
  { jobId: "job_1000000002" },
  { host: "2.example" },
  { code: "gone" },
  { httpStatus: 500 },
  { httpStatus: 200 },
  { from: 1, until: 2_000 },
  { text: "x.example/in" },
  { text: "dlv_01kat5vqt8fkz9m0w4r1x2y3z4" },
  { text: "evt_01kat5vqt8fkz9m0w4r1x2y3z4" },
  { host: "2.example", code: "gone" },
  // Some of these are found.
  { host: "4.example", code: "gone" },
  { host: "2.example", code: "gone", httpStatus: 410, from: 1, until: 2_000 },
  { endpointId: "ep_3", code: "gone" },
  { status: ["dead"], host: "2.example" },
];
const selections: readonly Selection[] = [
  {},
  { endpointId: "ep_3" },
  { jobId: "job_1000000002" },
  { host: "2.example" },
  { code: "gone" },
  { httpStatus: 500 },
  { from: 1, until: 2_000 },
  { text: "x.example/in" },
  { host: "2.example", code: "gone", httpStatus: 410 },
];

const auditFilters: readonly AuditFilter[] = [
  {},
  { subject: "key_3" },
  { action: "key.created", keyId: "key_3" },
  { from: 1, until: 2_000 },
];

export interface EveryRead {
  readonly reads: ReadStore;
  readonly seals: SealReads | Pick<SealStore, "countRows">;
  readonly tenants: Pick<
    TenantStore,
    "findKey" | "getKey" | "listKeys" | "getTenant" | "listTenants" | "listAudit"
  >;
}

/** The ids are those of `manyRows`. */
export async function readEverything({ reads, seals, tenants }: EveryRead): Promise<void> {
  for (const page of pages) {
    for (const filter of jobFilters) await reads.listJobs(tenantId, filter, page);
    for (const filter of deliveryFilters) {
      await reads.listDeliveries(tenantId, filter, page);
      await reads.listDeadLetters(tenantId, filter, page);
      await reads.listDeadLetters(tenantId, { ...filter, state: "discarded" }, page);
    }
    await reads.listReplays(tenantId, page);
    await reads.listEndpoints(tenantId, page);
    await tenants.listKeys(tenantId, page);
    await tenants.listTenants(page);
    for (const filter of auditFilters) await tenants.listAudit(tenantId, filter, page);
  }
  for (const selection of selections) await reads.previewReplay(tenantId, selection);
  await reads.groupDeadLetters(tenantId, {}, 20);
  await reads.groupDeadLetters(tenantId, { host: "2.example" }, 20);
  await reads.groupDeadLetters(tenantId, { code: "gone", from: 1, until: 2_000 }, 20);
  await reads.groupDeadLetters(tenantId, { httpStatus: 404 }, 20);
  await reads.getReplay(tenantId, "rpl_1000000002");
  await reads.replayVersions([{ tenantId, replayId: "rpl_1000000002" }]);
  await reads.getJob(tenantId, "job_1000000002");
  await reads.getResult(tenantId, "job_1000000002");
  await reads.listJobEvents(tenantId, "job_1000000002", { after: 0, limit: 9 });
  await reads.getEndpoint(tenantId, "ep_1000000002");
  await reads.getDelivery(tenantId, "dlv_1000000002");
  await reads.getDeadLetter(tenantId, "dlv_1000000003");
  await reads.readFeed(tenantId, { after: 1_000, limit: 9 });
  await reads.readFeed(tenantId, { after: null, limit: 9 });
  await reads.takenEvents(tenantId, ["evt_1000000002", "evt_1000000004"]);
  await reads.findIdempotent(tenantId, "k1000000002", 1);
  await reads.feedHead(tenantId);
  await reads.feedHeads([tenantId, "tenant-1"]);
  await reads.unfinishedJobs();
  await reads.jobVersion({ tenantId, jobId: "job_1000000002" });
  await reads.jobVersions([{ tenantId, jobId: "job_1000000002" }]);
  await reads.waitingOf(tenantId, 9);
  await reads.pastJobsOf(tenantId, 9);
  await reads.findByOwnId(tenantId, "job_1000000002");
  await reads.listJobs(tenantId, { unexpiredAt: 1 }, { after: null, limit: 9 });
  await reads.callbackSecrets(tenantId, 1);
  if ("countRows" in seals) await seals.countRows();
  else await seals.countSealedWith((await seals.kidsInUse()).at(-1) ?? "");
  await tenants.findKey("l1000000002");
  await tenants.getKey(tenantId, "key_1000000002");
  await tenants.getTenant(tenantId);
}
