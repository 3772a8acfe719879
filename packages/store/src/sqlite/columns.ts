// What the twin files are written in, in SQLite's terms: column types, table parts, and the few expressions that differ.
//
// Each thing is imported from the module that has it: the database thread loads these too, and drizzle's doors would load
// everything behind them, which takes longer than the rest of its start.
import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import { customType } from "drizzle-orm/sqlite-core/columns/custom";
import { integer as sqliteInteger } from "drizzle-orm/sqlite-core/columns/integer";
import { text as sqliteText } from "drizzle-orm/sqlite-core/columns/text";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import { index } from "drizzle-orm/sqlite-core/indexes";
import { sqliteTable } from "drizzle-orm/sqlite-core/table";
import { sql, type SQL } from "drizzle-orm/sql/sql";

export { check } from "drizzle-orm/sqlite-core/checks";
// The form of foreignKey that takes a callback is the deprecated one; it is not used.
// oxlint-disable-next-line typescript/no-deprecated
export { foreignKey } from "drizzle-orm/sqlite-core/foreign-keys";
export { index, uniqueIndex } from "drizzle-orm/sqlite-core/indexes";
export { primaryKey } from "drizzle-orm/sqlite-core/primary-keys";

export const table = sqliteTable;

/** What reads are asked of. */
export type Database = BetterSQLite3Database;

export type Column = SQLiteColumn;

export function text(name: string) {
  return sqliteText(name);
}

export function integer(name: string) {
  return sqliteInteger(name);
}

/** Milliseconds since 1970. */
export function instant(name: string) {
  return sqliteInteger(name);
}

export function flag(name: string) {
  return sqliteInteger(name, { mode: "boolean" });
}

/** A number that grows with every insert and is never given twice, also after deletions; the table's primary key. */
export function sequence(name: string) {
  return sqliteInteger(name).primaryKey({ autoIncrement: true });
}

/** A value kept as JSON text; it is never signed, so its spelling does not matter. */
export function json<Value>(name: string) {
  return customType<{ data: Value; driverData: string }>({
    dataType: () => "text",
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value) => JSON.parse(value) as Value,
  })(name);
}

export function bytes(name: string) {
  return customType<{ data: Uint8Array; driverData: Uint8Array }>({
    dataType: () => "blob",
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
  const spelled = sql`case each.type when 'true' then 'true' when 'false' then 'false' when 'null' then 'null' else cast(each.value as text) end`;
  return sql`exists (select 1 from json_each(${column}) as each where each.key = ${member} and ${spelled} = ${value})`;
}

/** True for rows in whose column this text stands. */
export function contains(column: Column, text: string): SQL {
  return sql`instr(${column}, ${text}) > 0`;
}

/** Prepares a read once; PostgreSQL keeps it under the name. */
export function prepared<Query>(query: { prepare(): Query }, _name: string): Query {
  return query.prepare();
}
