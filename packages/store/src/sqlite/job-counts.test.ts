// Counts of unfinished jobs in a file that is older than they are.
import Sqlite from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { createJobCounts } from "./job-counts.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { inMemory } from "./open-file.ts";

const insertJob = `insert into job (tenant_id, id, kind, status, priority, metadata, runs, lost_runs, released_runs, max_runs,
    run_timeout_ms, deliveries_pending, deliveries_delivered, deliveries_dead, deliveries_canceled, created_at, due_at,
    finished_at, token, version)
  values ('old', ?, 'k', ?, 0, '{}', 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, ?, ?, 0, 1)`;

it("a file from before there were counts is counted at its first start, and never again", () => {
  const client = new Sqlite(inMemory);
  onTestFinished(() => void client.close());
  const [base] = readMigrations();
  migrate(client, base === undefined ? [] : [base], 1);
  client.exec("insert into tenant (tenant_id, created_at) values ('old', 1)");
  for (const [id, due, finished] of [
    ["job_1", 5, null],
    ["job_2", 6, null],
    ["job_3", null, 7],
  ] as const) {
    client.prepare(insertJob).run(id, due === null ? "succeeded" : "queued", due, finished);
  }
  migrate(client, readMigrations(), 2);
  const counts = createJobCounts(client);
  expect([counts.unfinishedOf("old"), counts.unfinished()]).toEqual([2, 2]);
  counts.ended("old");
  counts.accepted("old");
  counts.accepted("old");
  expect(counts.unfinishedOf("old")).toBe(3);
  counts.write();
  const again = createJobCounts(client);
  expect([again.unfinishedOf("old"), again.unfinished(), again.unfinishedOf("new")]).toEqual([3, 3, 0]);
});

it("what a transaction counted is forgotten when it is rolled back", () => {
  const client = new Sqlite(inMemory);
  onTestFinished(() => void client.close());
  migrate(client, readMigrations(), 1);
  client.exec("insert into tenant (tenant_id, created_at) values ('a', 1)");
  const counts = createJobCounts(client);
  counts.accepted("a");
  counts.write();
  counts.accepted("a");
  expect([counts.unfinishedOf("a"), counts.unfinished()]).toEqual([2, 2]);
  counts.forgetAll();
  expect([counts.unfinishedOf("a"), counts.unfinished()]).toEqual([1, 1]);
});
