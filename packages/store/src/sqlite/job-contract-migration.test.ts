import Sqlite from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { migrate, readMigrations } from "./migrate.ts";

it("jobs of before the expiry survive it: those that are done are kept a day from then on, others as long as they take", () => {
  const client = new Sqlite(":memory:");
  onTestFinished(() => void client.close());
  const migrations = readMigrations();
  const at = migrations.findIndex(({ name }) => name.endsWith("_job_contract"));
  migrate(client, migrations.slice(0, at), 1);
  client.exec("insert into tenant values ('t', 1)");
  const insert = client.prepare(
    `insert into job (tenant_id, id, kind, status, priority, metadata, runs, lost_runs, released_runs, max_runs,
       run_timeout_ms, deliveries_pending, deliveries_delivered, deliveries_dead, deliveries_canceled, created_at, due_at,
       finished_at, token, version)
     values ('t', ?, 'k', ?, 0, '{}', 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, ?, ?, 1, 7)`,
  );
  insert.run("done", "succeeded", null, 2);
  insert.run("waiting", "queued", 3, null);
  const before = Date.now();
  migrate(client, migrations, before);
  const rows = client
    .prepare<[], Record<string, unknown>>(
      "select id, version, result_ttl_ms as ttl, expires_at as expires, erased_at as erased from job order by id",
    )
    .all();
  expect(rows).toMatchObject([
    { id: "done", version: 7, ttl: 86_400_000, erased: null },
    { id: "waiting", version: 7, ttl: 86_400_000, expires: null, erased: null },
  ]);
  expect(Number(rows[0]?.["expires"])).toBeGreaterThanOrEqual(before + 86_400_000 - 1_000);
});
