// What the twin files are written in, in PostgreSQL's terms: column types, table parts, and the few expressions that differ.
import { sql, type SQL } from "drizzle-orm";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import { bigint, boolean, customType, index, pgTable, type PgColumn } from "drizzle-orm/pg-core";

export { check, foreignKey, index, primaryKey, uniqueIndex } from "drizzle-orm/pg-core";

export const table = pgTable;

/** What reads are asked of. */
export type Database = NodePgDatabase;

export type Column = PgColumn;

/**
 * Compared and sorted by its bytes, as in SQLite, whatever the database's own collation is; an upgrade of the operating
 * system's collations then leaves every index as it is.
 */
export function text(name: string) {
  return customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' })(name);
}

/** 64 bits, as in SQLite. */
export function integer(name: string) {
  return bigint(name, { mode: "number" });
}

/** Milliseconds since 1970. */
export function instant(name: string) {
  return bigint(name, { mode: "number" });
}

export function flag(name: string) {
  return boolean(name);
}

/** A number that grows with every insert and is never given twice, also after deletions; the table's primary key. */
export function sequence(name: string) {
  return bigint(name, { mode: "number" }).generatedByDefaultAsIdentity().primaryKey();
}

/** A value kept as JSON text, its members in the order they came in; the driver parses it. */
export function json<Value>(name: string) {
  return customType<{ data: Value; driverData: unknown }>({
    dataType: () => "json",
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value) => value as Value,
  })(name);
}

export function bytes(name: string) {
  return customType<{ data: Uint8Array; driverData: Uint8Array }>({
    dataType: () => "bytea",
    toDriver: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
    fromDriver: (value) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
  })(name);
}

/** An index of the rows for which `where` holds, and no others. */
export function partialIndex(
  name: string,
  columns: readonly [Column | SQL, ...(readonly Column[])],
  where: SQL,
) {
  return index(name)
    .on(...columns)
    .where(where);
}

/** The id of the key that a value was sealed with, as it stands in the value. */
export function sealedWith(sealed: Column | SQL): SQL {
  return sql`substr(${sealed}, 4, 8)`;
}

/** For a CHECK: the column holds one of these words, or null. */
export function oneOf(column: Column, words: readonly string[]): SQL {
  return sql`${column} in (${sql.raw(words.map((word) => `'${word}'`).join(", "))})`;
}

/** For a CHECK: all of these columns are null, or none is. */
export function together(first: Column, ...others: readonly Column[]): SQL {
  const equal = others.map((other) => sql`(${first} is null) = (${other} is null)`);
  return sql.join(equal, sql` and `);
}

/** True for rows whose JSON object has this member with a value that is spelled `value`; strings compare without quotes. */
export function hasMember(column: Column, member: string, value: string): SQL {
  return sql`exists (select 1 from json_each_text(${column}) as each where each.key = ${member} and coalesce(each.value, 'null') = ${value})`;
}

/** True for rows in whose column this text stands. */
export function contains(column: Column, text: string): SQL {
  return sql`strpos(${column}, ${text}) > 0`;
}

/** Prepares a read once; PostgreSQL keeps it under the name, on each connection. */
export function prepared<Query>(query: { prepare(name: string): Query }, name: string): Query {
  return query.prepare(name);
}
