// Brings the tables up to date: each migration in a transaction of its own, with the row that says it is done.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { Instant } from "@ringback/core";
import { CannotOpenStore } from "../cannot-open-store.ts";
import type { Client } from "./rows.ts";

export interface Migration {
  /** 0, 1, 2, … without a gap. */
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
  /** SHA-256 of its text, in hex: a migration that was applied never changes. */
  readonly hash: string;
}

const folder = new URL("../../../../drizzle/sqlite/", import.meta.url);

/** The migrations that come with this Ringback, in order. */
export function readMigrations(from: URL = folder): Migration[] {
  return readdirSync(from)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, from), "utf8");
      const hash = createHash("sha256").update(text).digest("hex");
      const statements = text.split("--> statement-breakpoint");
      return { number: Number(file.slice(0, 4)), name: file.slice(0, -".sql".length), statements, hash };
    });
}

/** Applies what is missing; how many that were. Throws CannotOpenStore when the file was made by another Ringback. */
export function migrate(client: Client, migrations: readonly Migration[], now: Instant): number {
  client.exec(
    `create table if not exists migration (
       number integer primary key, name text not null, hash text not null, applied_at integer not null
     )`,
  );
  const applied = client
    .prepare<[], { number: number; name: string; hash: string }>("select * from migration order by number")
    .all();
  for (const { number, name, hash } of applied) {
    const known = migrations.find((migration) => migration.number === number);
    if (known?.hash === hash) continue;
    const made = known === undefined ? "a newer Ringback" : "another build of Ringback";
    const message =
      `The tables in ${client.name} were made by ${made} (migration ${name}). ` +
      `Start that version, or set RINGBACK_SQLITE_PATH to another file.`;
    throw new CannotOpenStore("other_schema", client.name, { message });
  }
  const missing = migrations.slice(applied.length);
  for (const migration of missing) apply(client, migration, now);
  return missing.length;
}

function apply(client: Client, migration: Migration, now: Instant): void {
  const { number, name, hash, statements } = migration;
  client
    .transaction(() => {
      for (const statement of statements) client.exec(statement);
      client
        .prepare<[number, string, string, Instant]>("insert into migration values (?, ?, ?, ?)")
        .run(number, name, hash, now);
    })
    .immediate();
}
