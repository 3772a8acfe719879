// Asks SQLite how it would run every statement of the store, so that one that reads a whole table fails here.
import { drizzle } from "drizzle-orm/better-sqlite3";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import type { AuditFilter, DeliveryFilter, JobFilter, PageRequest } from "@ringback/core";
import { createEffects } from "../effects.ts";
import { createSealing } from "../sealing.ts";
import { countingRandom, masterKey } from "../testing/sqlite-ground.ts";
import { createEndpointBook } from "./endpoint-book.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { createJobCounts } from "./job-counts.ts";
import { inMemory } from "./open-file.ts";
import { createReads } from "./reads.ts";
import { createTenantBook } from "./tenant-book.ts";
import { createIntakeTransitions } from "./transitions/intake.ts";
import { createKeyTransitions } from "./transitions/keys.ts";
import { createLaneTransitions } from "./transitions/lanes.ts";
import { createRunTransitions } from "./transitions/runs.ts";
import { createSupportTransitions } from "./transitions/support.ts";
import { createTenantTransitions } from "./transitions/tenants.ts";
import { createUpkeep } from "./transitions/upkeep.ts";

/** Scans that are bounded by what they scan: a list given as a parameter, a result of the statement itself, one row. */
const bounded = [
  /^SCAN (?:json_each|each|used|CONSTANT ROW|\(subquery-\d+\))(?: |$)/,
  // In the order of the lease, and only what is leased at all.
  /^SCAN job USING INDEX job_leased$/,
  /^SCAN lane USING INDEX lane_leased$/,
  // The first row of any.
  /^SCAN api_key USING COVERING INDEX \w+$/,
  // All tenants, page by page, in the order of the index.
  /^SCAN tenant USING INDEX tenant_newest$/,
  // Two rows per tenant, added up once per start and after a rollback.
  /^SCAN job_count$/,
  // All tenants, once per start.
  /^SCAN t USING COVERING INDEX sqlite_autoindex_tenant_1$/,
];

function openMemory(): Sqlite.Database {
  const client = new Sqlite(inMemory);
  onTestFinished(() => void client.close());
  migrate(client, readMigrations(), 0);
  return client;
}

function planOf(client: Sqlite.Database, statement: string): string[] {
  const explain = client.prepare<unknown[], { detail: string }>(`explain query plan ${statement}`);
  const places = (statement.match(/\?/g) ?? []).map(() => null);
  return explain.all(...places).map(({ detail }) => detail);
}

function expectIndexed(client: Sqlite.Database, statements: ReadonlySet<string>): void {
  for (const statement of statements) {
    const scans = planOf(client, statement).filter((detail) => detail.startsWith("SCAN"));
    expect(
      scans.filter((detail) => !bounded.some((pattern) => pattern.test(detail))),
      statement,
    ).toEqual([]);
  }
}

describe("access paths", () => {
  it("no read, with whatever filter, goes through a whole table or sorts what it found", async () => {
    const client = openMemory();
    const statements = new Set<string>();
    const logger = { logQuery: (statement: string) => void statements.add(statement) };
    const sealing = createSealing(masterKey, countingRandom());
    const { reads, tenants } = createReads(drizzle(client, { logger }), sealing, () => null);
    const pages: PageRequest[] = [
      { after: null, limit: 20 },
      { after: { at: 1, id: "x" }, limit: 20 },
    ];
    const jobFilters: JobFilter[] = [
      {},
      { status: ["failed"] },
      { status: ["queued", "running"] },
      { kind: "k" },
      { createdAfter: 1 },
      { metadata: { a: "1" } },
    ];
    const deliveryFilters: DeliveryFilter[] = [
      {},
      { status: ["dead"] },
      { status: ["dead", "pending"] },
      { endpointId: "ep" },
      { jobId: "job" },
      { host: "h" },
      { code: "gone" },
      { httpStatus: 500 },
      { from: 1, until: 2 },
    ];
    const auditFilters: AuditFilter[] = [
      {},
      { subject: "ep" },
      { action: "key.created", keyId: "k" },
      { from: 1, until: 2 },
    ];
    for (const page of pages) {
      for (const filter of jobFilters) await reads.listJobs("t", filter, page);
      for (const filter of deliveryFilters) {
        await reads.listDeliveries("t", filter, page);
        await reads.listDeadLetters("t", filter, page);
      }
      await reads.listEndpoints("t", page);
      await tenants.listKeys("t", page);
      await tenants.listTenants(page);
      for (const filter of auditFilters) await tenants.listAudit("t", filter, page);
    }
    await Promise.all([
      reads.getJob("t", "x"),
      reads.getResult("t", "x"),
      reads.findIdempotent("t", "x", 1),
      reads.listJobEvents("t", "x", { after: 0, limit: 9 }),
      reads.getEndpoint("t", "x"),
      reads.getDelivery("t", "x"),
      reads.getDeadLetter("t", "x"),
      reads.readFeed("t", { after: 0, limit: 9 }),
      reads.feedHead("t"),
      reads.callbackSecrets("t", 1),
      tenants.findKey("x"),
      tenants.hasKeys(),
      tenants.getKey("t", "x"),
      tenants.getTenant("t"),
    ]);
    expect(statements.size).toBeGreaterThan(30);
    expectIndexed(client, statements);
    const sorting = [...statements].filter((statement) =>
      planOf(client, statement).some((detail) => detail.includes("TEMP B-TREE")),
    );
    expect(sorting).toEqual([]);
  });

  it("no transition goes through a whole table", () => {
    const client = openMemory();
    const statements = new Set<string>();
    const prepare = client.prepare.bind(client);
    client.prepare = (statement: string) => {
      statements.add(statement);
      return prepare(statement);
    };
    const random = countingRandom();
    const sealing = createSealing(masterKey, random);
    const endpoints = createEndpointBook(client);
    const tenants = createTenantBook(client);
    const counts = createJobCounts(client);
    const ground = { client, random, sealing, effects: createEffects(), endpoints, tenants, counts };
    createIntakeTransitions(ground);
    createRunTransitions(ground);
    createLaneTransitions(ground);
    createSupportTransitions(ground);
    createTenantTransitions(ground);
    createKeyTransitions(ground);
    createUpkeep(ground);
    client.prepare = prepare;
    expect(statements.size).toBeGreaterThan(40);
    expectIndexed(client, statements);
    // The audit is only ever added to.
    const touching = [...statements].filter((statement) =>
      /\b(?:update|from|into)\s+"?audit\b/i.test(statement),
    );
    expect(touching.map((statement) => statement.split(" ")[0])).toEqual(touching.map(() => "insert"));
  });
});
