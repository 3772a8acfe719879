// The tables refuse what the state machines do not allow, whoever writes it.
import { describe, expect, it, onTestFinished } from "vitest";
import Sqlite from "better-sqlite3";
import { only, openScene, tenantId } from "../conformance/scene.ts";
import { createSealing } from "../sealing.ts";
import { optionsForTest } from "../testing/sqlite-ground.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { assembleStore } from "./open.ts";
import { inMemory, openFile } from "./open-file.ts";
import type { Client } from "./rows.ts";

async function openWithRows(): Promise<Client> {
  const file = openFile(inMemory);
  migrate(file.client, readMigrations(), 0);
  const options = optionsForTest(inMemory);
  const store = assembleStore(file, createSealing(options.masterKey, options.random), options);
  onTestFinished(() => store.close());
  const { random, rings } = options;
  const scene = await openScene(async () => ({ store, random, rings }));
  await scene.createEndpoint();
  await scene.finishJob();
  const lane = await scene.store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs: 9 });
  await scene.record(only(lane.slice(0, 1)), only(await scene.claimDeliveries(only(lane.slice(0, 1)), 1)), {
    code: "no_retry",
  });
  return file.client;
}

describe("the tables", () => {
  it.each([
    "update job set status = 'done'",
    "update job set status = 'queued'",
    "update job set status = 'running'",
    "update job set finished_at = null",
    "update job set status = 'failed'",
    "update job set error_code = 'handler_error'",
    "update job set callback_endpoint_id = 'ep_1'",
    "update job set deliveries_pending = -1",
    "update job set lost_runs = 2",
    "update delivery set status = 'lost'",
    "update delivery set status = 'pending'",
    "update delivery set finished_at = null",
    "update delivery set due_at = 1 where status = 'dead'",
    "update delivery set attempt_started_at = 1 where status = 'dead'",
    "update delivery set redeliver_requested = 1",
    "update attempt set n = 0",
    "update attempt set outcome = 'perhaps'",
    "update attempt set trigger = 'cron'",
    "update attempt set response_status = 200, response_headers = null",
    "update endpoint set status = 'paused'",
    "update endpoint set paused_reason = 'gone'",
    "update lane set claimed_by = 'h', lease_until = null",
    "update lane set origin = null, endpoint_id = null",
  ])("refuse: %s", async (statement) => {
    const client = await openWithRows();
    expect(() => client.exec(statement)).toThrow(
      expect.objectContaining({ code: "SQLITE_CONSTRAINT_CHECK" }),
    );
  });

  it.each(["job_input", "job_result", "event", "delivery", "attempt", "dead_letter"])(
    "a row of %s cannot point into another tenant",
    async (name) => {
      const client = await openWithRows();
      const move = client.prepare(`update ${name} set tenant_id = 'globex' where tenant_id = ?`);
      expect(() => move.run(tenantId)).toThrow(
        expect.objectContaining({ code: "SQLITE_CONSTRAINT_FOREIGNKEY" }),
      );
    },
  );

  it("a result is written once", async () => {
    const client = await openWithRows();
    const again = "insert into job_result select tenant_id, job_id, content_type, body from job_result";
    expect(() => client.exec(again)).toThrow(Sqlite.SqliteError);
  });
});
