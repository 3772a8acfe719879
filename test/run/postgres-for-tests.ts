// Starts one PostgreSQL for the whole run of the tests, unless TEST_DATABASE_URL names another, and a database with the
// tables in it, of which the tests make copies.
import { prepareGraphileSchema } from "@ringback/runner";
import { migratePostgres } from "@ringback/store";
import { askPostgres, createDatabaseIn, startPostgresCluster } from "../support/postgres-cluster.ts";

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

/** Called by vitest before the first test; what it returns is called after the last. */
export async function setup(): Promise<() => Promise<void>> {
  const given = process.env["TEST_DATABASE_URL"];
  const cluster = given === undefined ? await startPostgresCluster({ durable: false }) : null;
  const server = given ?? cluster?.connectionString ?? "";
  const template = await createDatabaseIn(server);
  const name = new URL(template).pathname.slice(1);
  await migratePostgres({ connectionString: template, now: Date.now() });
  await prepareGraphileSchema({ connectionString: template, log, migrate: true });
  process.env["TEST_DATABASE_URL"] = server;
  process.env["TEST_DATABASE_TEMPLATE"] = name;
  return async () => {
    if (cluster === null) await askPostgres(server, `drop database ${name} with (force)`);
    else await cluster.stop();
  };
}
