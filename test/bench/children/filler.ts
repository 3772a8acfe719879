// Runs bulk statements on a database that no server uses: without foreign keys, the large indexes made afterwards, and
// everything on disk at the end, so that nothing of it is left to do while something is measured.
import { execFileSync } from "node:child_process";
import Sqlite from "better-sqlite3";
import { Client } from "pg";
import type { FillStatements } from "../fill/statements.ts";
import { answerParent, ready } from "./in-child.ts";

const [dialect, place = ""] = process.argv.slice(2);

function fillSqlite({ growing, statements }: FillStatements): void {
  const client = new Sqlite(place);
  try {
    client.pragma("foreign_keys = OFF");
    client.pragma("journal_mode = MEMORY");
    client.pragma("synchronous = OFF");
    client.pragma("cache_size = -262144");
    const indexes = client
      .prepare<[], { name: string; sql: string; tbl_name: string }>(
        "select name, sql, tbl_name from sqlite_master where type = 'index' and sql is not null",
      )
      .all()
      .filter(({ tbl_name: table }) => growing.includes(table));
    client.exec("begin");
    for (const { name } of indexes) client.exec(`drop index "${name}"`);
    for (const statement of statements) client.exec(statement);
    for (const { sql } of indexes) client.exec(sql);
    client.exec("commit");
    client.pragma("journal_mode = WAL");
    client.pragma("synchronous = FULL");
    const version = Number(client.pragma("user_version", { simple: true }));
    client.pragma(`user_version = ${version}`);
    client.pragma("wal_checkpoint(TRUNCATE)");
  } finally {
    client.close();
  }
}

async function fillPostgres({ growing, statements }: FillStatements): Promise<void> {
  const client = new Client({ connectionString: place });
  await client.connect();
  try {
    await client.query("set session_replication_role = replica");
    await client.query("set synchronous_commit = off");
    await client.query("set maintenance_work_mem = '256MB'");
    const { rows: indexes } = await client.query<{ name: string; sql: string }>(
      `select indexname as name, indexdef as sql from pg_indexes
       join pg_class on pg_class.relname = indexname join pg_index on pg_index.indexrelid = pg_class.oid
       where schemaname = 'public' and tablename = any($1) and not indisunique`,
      [growing],
    );
    await client.query("begin");
    for (const { name } of indexes) await client.query(`drop index "${name}"`);
    for (const statement of statements) await client.query(statement);
    for (const { sql } of indexes) await client.query(sql);
    await client.query("commit");
    // What autovacuum would have come to by itself.
    await client.query("vacuum analyze");
    await client.query("checkpoint");
  } finally {
    await client.end();
  }
}

answerParent({
  async fill(given) {
    if (dialect === "sqlite") fillSqlite(given as FillStatements);
    else await fillPostgres(given as FillStatements);
    // What the system has still to write, of databases that are gone as well, would make a commit that is measured wait for it.
    execFileSync("sync");
  },
});
process.on("SIGTERM", () => process.exit(0));
ready();
