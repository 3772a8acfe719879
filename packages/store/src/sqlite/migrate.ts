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

/**
 * A table whose CHECKs change is made anew, filled, and put in the old one's place. Foreign keys would forbid to drop what
 * others refer to, and the pragma that turns them off is without effect inside a transaction; so they are off around it,
 * and what refers to what is counted before the commit instead.
 */
function apply(client: Client, migration: Migration, now: Instant): void {
  const { number, name, hash, statements } = migration;
  const enforced = Number(client.pragma("foreign_keys", { simple: true }));
  client.pragma("foreign_keys = OFF");
  try {
    client
      .transaction(() => {
        const broken = brokenReferences(client);
        const sequences = lastSequences(client);
        for (const statement of statements) client.exec(statement);
        raiseSequences(client, sequences);
        requireReferences(client, name, broken);
        client
          .prepare<[number, string, string, Instant]>("insert into migration values (?, ?, ?, ?)")
          .run(number, name, hash, now);
      })
      .immediate();
  } finally {
    client.pragma(`foreign_keys = ${enforced}`);
  }
}

/** How many rows of a table (`from`) refer to what is not there (`to`), by both names. */
function brokenReferences(client: Client): ReadonlyMap<string, number> {
  const rows = client
    .prepare<[], { reference: string; count: number }>(
      `select "table" || ' to ' || parent as reference, count(*) as count from pragma_foreign_key_check group by 1`,
    )
    .all();
  return new Map(rows.map(({ reference, count }) => [reference, count]));
}

/** What was broken before, as by damage to the file, does not keep it from being brought up to date. */
function requireReferences(client: Client, name: string, before: ReadonlyMap<string, number>): void {
  const broken = [...brokenReferences(client)]
    .filter(([reference, count]) => count > (before.get(reference) ?? 0))
    .map(([reference, count]) => `${count} from ${reference}`);
  if (broken.length === 0) return;
  const message =
    `Migration ${name} would break references in ${client.name} (${broken.join(", ")}), so nothing of it was done. ` +
    `Go on with the version that opened this file last, and report it.`;
  throw new CannotOpenStore("broken_migration", client.name, { message });
}

interface Sequence {
  readonly name: string;
  readonly seq: number;
}

/** The last numbers given out by tables that never give one twice. */
function lastSequences(client: Client): readonly Sequence[] {
  const isKept = client.prepare("select 1 from sqlite_schema where name = 'sqlite_sequence'").get();
  if (isKept === undefined) return [];
  return client.prepare<[], Sequence>("select name, seq from sqlite_sequence").all();
}

/** A table that was made anew knows only the rows that it was filled with, not the numbers of those deleted before. */
function raiseSequences(client: Client, before: readonly Sequence[]): void {
  for (const { name, seq } of before) {
    const raised = client
      .prepare<[number, string]>("update sqlite_sequence set seq = max(seq, ?) where name = ?")
      .run(seq, name);
    const table = client.prepare<[string]>("select 1 from sqlite_schema where type = 'table' and name = ?");
    if (raised.changes > 0 || table.get(name) === undefined) continue;
    client.prepare<[string, number]>("insert into sqlite_sequence values (?, ?)").run(name, seq);
  }
}
