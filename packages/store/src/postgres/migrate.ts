// Brings the tables up to date: each migration in a transaction of its own, with the row that says it is done.
//
// An advisory lock lets one process migrate at a time; the others wait and then find nothing missing.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { ClientBase } from "pg";
import type { Instant } from "@ringback/core";
import { CannotOpenStore } from "../cannot-open-store.ts";

export interface Migration {
  /** 0, 1, 2, … without a gap. */
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
  /** SHA-256 of its text, in hex: a migration that was applied never changes. */
  readonly hash: string;
}

const folder = new URL("../../../../drizzle/postgres/", import.meta.url);
/** Any number; it tells this lock from others that one may take in the same database. */
const migrationLock = 724_613;

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

export interface MigrateOptions {
  readonly migrations: readonly Migration[];
  /** False to only look: what is missing is then refused. */
  readonly apply: boolean;
  readonly now: Instant;
  /** The database's name for people, without its password. */
  readonly place: string;
}

/** Applies what is missing; how many that were. Throws CannotOpenStore when the tables are another Ringback's. */
export async function migrate(client: ClientBase, options: MigrateOptions): Promise<number> {
  const { migrations, apply, place } = options;
  // Others may be migrating for as long as it takes.
  await client.query("set lock_timeout = 0");
  await client.query("set statement_timeout = 0");
  await client.query("select pg_advisory_lock($1)", [migrationLock]);
  try {
    const known = await knownMigrations(client);
    const applied = known ?? [];
    for (const { number, name, hash } of applied) {
      const mine = migrations.find((migration) => migration.number === number);
      if (mine?.hash !== hash) throw otherSchema(place, name, mine === undefined);
    }
    const missing = migrations.slice(applied.length);
    if (missing.length > 0 && !apply) throw behind(place, missing);
    if (known === null) await client.query(createTable);
    for (const migration of missing) await applyOne(client, migration, options.now);
    return missing.length;
  } finally {
    // A connection that was cut has let go of it already, and its own fault is the one to tell.
    await client.query("select pg_advisory_unlock($1)", [migrationLock]).catch(() => undefined);
  }
}

const createTable = `create table migration (
  number integer primary key, name text not null, hash text not null, applied_at bigint not null
)`;

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly hash: string;
}

/** Null when there is no table of migrations yet. */
async function knownMigrations(client: ClientBase): Promise<Applied[] | null> {
  const { rows } = await client.query<{ there: string | null }>("select to_regclass('migration') as there");
  if (rows[0]?.there === null) return null;
  return (await client.query<Applied>("select number, name, hash from migration order by number")).rows;
}

async function applyOne(client: ClientBase, migration: Migration, now: Instant): Promise<void> {
  const { number, name, hash, statements } = migration;
  await client.query("begin");
  try {
    for (const statement of statements) await client.query(statement);
    await client.query("insert into migration values ($1, $2, $3, $4)", [number, name, hash, now]);
    await client.query("commit");
  } catch (thrown) {
    await client.query("rollback").catch(() => undefined);
    throw thrown;
  }
}

function otherSchema(place: string, name: string, newer: boolean): CannotOpenStore {
  const made = newer ? "a newer Ringback" : "another build of Ringback";
  const message =
    `The tables in ${place} were made by ${made} (migration ${name}). ` +
    `Start that version, or set DATABASE_URL to another database.`;
  return new CannotOpenStore("other_schema", place, { message });
}

function behind(place: string, missing: readonly Migration[]): CannotOpenStore {
  const names = missing.map(({ name }) => name).join(", ");
  const message =
    `The tables in ${place} lack ${names}. Run one process with RINGBACK_ROLE=migrate first, ` +
    `or let this one migrate at its start.`;
  return new CannotOpenStore("other_schema", place, { message });
}
