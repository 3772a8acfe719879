import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describe, expect, it, onTestFinished } from "vitest";
import { StoreUnavailable, type Store } from "@ringback/core";
import { openScene, tenantId, type Scene } from "../conformance/scene.ts";
import { createSealing } from "../sealing.ts";
import { optionsForTest, temporaryFolder } from "../testing/sqlite-ground.ts";
import { asUnavailable } from "./faults.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { assembleStore } from "./open.ts";
import { openFile } from "./open-file.ts";
import type { Client } from "./rows.ts";

/** A store whose connection the test can limit. */
async function openLimited(): Promise<{ scene: Scene; client: Client; path: string }> {
  const path = join(temporaryFolder(), "ringback.db");
  const file = openFile(path);
  const options = optionsForTest(path);
  migrate(file.client, readMigrations(), 0);
  const store: Store = assembleStore(file, createSealing(options.masterKey, options.random), options);
  onTestFinished(() => store.close());
  const { random, rings } = options;
  return { scene: await openScene(async () => ({ store, random, rings })), client: file.client, path };
}

describe("faults", () => {
  it("F31 while another connection holds the file, writes are refused whole as busy and reads go on", async () => {
    const { scene, client, path } = await openLimited();
    const job = await scene.submit();
    client.pragma("busy_timeout = 20");
    const other = new Sqlite(path);
    onTestFinished(() => void other.close());
    other.exec("begin immediate");
    const refused = await Promise.allSettled([scene.submit(), scene.submit(), scene.claimRuns()]);
    for (const one of refused) {
      expect(one).toMatchObject({ status: "rejected", reason: { name: "StoreUnavailable", code: "busy" } });
    }
    expect(await scene.getJob(job.id)).toMatchObject({ status: "queued" });
    other.exec("rollback");
    expect(await scene.claimRuns()).toHaveLength(1);
    expect((await scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 9 })).items).toHaveLength(1);
  });

  it("F32 F22 on a full disk only what does not fit is refused, reads go on, and space makes it work again", async () => {
    const { scene, client } = await openLimited();
    const job = await scene.submit();
    const pages = Number(client.pragma("page_count", { simple: true }));
    client.pragma(`max_page_count = ${pages + 3}`);
    const large = { input: JSON.stringify("x".repeat(200_000)) };
    scene.takeRings();
    const [first, second] = await Promise.allSettled([scene.submit(large), scene.submit({ input: "1" })]);
    expect(first).toMatchObject({ status: "rejected", reason: { name: "StoreUnavailable", code: "full" } });
    expect(second).toMatchObject({ status: "fulfilled" });
    expect(scene.takeRings()).toHaveLength(1);
    expect(await scene.getJob(job.id)).toMatchObject({ status: "queued" });
    client.pragma("max_page_count = 1000000");
    expect(await scene.submit(large)).toMatchObject({ input: large.input });
    expect((await scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 9 })).items).toHaveLength(3);
  });

  it("a broken constraint is its caller's alone, and the endpoints that were known stay right", async () => {
    const { scene } = await openLimited();
    const { id } = await scene.submit();
    const [endpoint, twice, fine] = await Promise.allSettled([
      scene.createEndpoint({ events: ["job.queued"] }),
      scene.submit({ id }),
      scene.submit({ callback: null }),
    ]);
    expect(twice).toMatchObject({ status: "rejected", reason: { code: "SQLITE_CONSTRAINT_PRIMARYKEY" } });
    expect([endpoint.status, fine.status]).toEqual(["fulfilled", "fulfilled"]);
    const { items } = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 9 });
    expect(items).toHaveLength(1);
  });

  it("after close everything is refused as unreachable", async () => {
    const { scene } = await openLimited();
    await scene.store.close();
    await expect(scene.submit()).rejects.toMatchObject({ code: "unreachable" });
    await expect(scene.getJob("job_1")).rejects.toMatchObject({ code: "unreachable" });
  });

  it.each([
    ["SQLITE_BUSY", "busy"],
    ["SQLITE_BUSY_SNAPSHOT", "busy"],
    ["SQLITE_LOCKED", "busy"],
    ["SQLITE_FULL", "full"],
    ["SQLITE_IOERR_WRITE", "full"],
    ["SQLITE_IOERR_FSYNC", "full"],
    ["SQLITE_IOERR_READ", "unreachable"],
    ["SQLITE_CANTOPEN", "unreachable"],
    ["SQLITE_READONLY_DBMOVED", "unreachable"],
    ["SQLITE_CORRUPT", "unreachable"],
  ])("%s means %s, also inside what the query builder throws", (sqliteCode, code) => {
    const cause = new Sqlite.SqliteError("it says", sqliteCode);
    expect(asUnavailable(cause)).toMatchObject({ code });
    expect(asUnavailable(new Error("query failed", { cause }))).toMatchObject({ code });
  });

  it("a broken constraint and a programmer's mistake stay what they are", () => {
    expect(asUnavailable(new Sqlite.SqliteError("it says", "SQLITE_CONSTRAINT_CHECK"))).toBeNull();
    expect(asUnavailable(new TypeError("x is not a function"))).toBeNull();
    expect(asUnavailable(null)).toBeNull();
    const known = new StoreUnavailable("full", "full");
    expect(asUnavailable(known)).toBe(known);
  });
});
