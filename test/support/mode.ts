// The mode that the end-to-end and chaos suites run in: each of their files runs once embedded and once scale-out.
import { randomBytes } from "node:crypto";
import { askPostgres, createDatabaseIn } from "./postgres-cluster.ts";

export type Mode = "embedded" | "scale-out";

/** Chosen by the vitest project (vitest.config.ts). */
export const mode: Mode = process.env["TEST_MODE"] === "scale-out" ? "scale-out" : "embedded";

/** A database that servers of one test share; empty, with its tables. */
export interface TestDatabase {
  readonly connectionString: string;
  readonly masterKey: string;
  drop(): Promise<void>;
}

/** One without tables, for servers that bring them. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return testDatabaseFrom("template0");
}

/** On the server of TEST_DATABASE_URL, which test/run/postgres-for-tests.ts starts when nobody names another one. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { TEST_DATABASE_TEMPLATE: template } = process.env;
  return testDatabaseFrom(template ?? missing());
}

async function testDatabaseFrom(template: string): Promise<TestDatabase> {
  const server = process.env["TEST_DATABASE_URL"] ?? missing();
  const connectionString = await createDatabaseIn(server, template);
  const name = new URL(connectionString).pathname.slice(1);
  return {
    ...asTestDatabase(connectionString),
    async drop() {
      await askPostgres(server, `drop database if exists ${name} with (force)`);
    },
  };
}

function missing(): never {
  throw new Error("no PostgreSQL was started for the tests; run vitest from the repository's root");
}

/** Any other database, for servers that bring its tables up to date themselves; it goes with its cluster. */
export function asTestDatabase(connectionString: string): TestDatabase {
  const masterKey = randomBytes(32).toString("base64");
  return { connectionString, masterKey, drop: async () => undefined };
}

/** The settings that put a server on that database. */
export function settingsOfDatabase(database: TestDatabase): Readonly<Record<string, string>> {
  return { DATABASE_URL: database.connectionString, RINGBACK_MASTER_KEY: database.masterKey };
}
