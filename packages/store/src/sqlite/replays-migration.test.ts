import Sqlite from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { baseRows, lettersSinceReplays, rowsBeforeReplays } from "../testing/base-rows.ts";
import { migrate, readMigrations } from "./migrate.ts";

it("dead letters of before the replays have a state and what they are found by, from their deliveries", () => {
  const client = new Sqlite(":memory:");
  onTestFinished(() => void client.close());
  const migrations = readMigrations();
  migrate(client, migrations.slice(0, 1), 1);
  for (const row of baseRows("x'31'")) client.exec(row);
  const at = migrations.findIndex(({ name }) => name.endsWith("_replays"));
  migrate(client, migrations.slice(0, at), 2);
  for (const row of rowsBeforeReplays) client.exec(row);
  migrate(client, migrations, 3);
  expect(client.prepare(lettersSinceReplays.query).all()).toEqual(lettersSinceReplays.rows);
  expect(client.pragma("foreign_key_check")).toEqual([]);
});
