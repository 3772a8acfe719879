// RINGBACK_ROLE=migrate: brings the database's tables up to date and ends, for those who keep that apart from serving.
import { prepareGraphileSchema } from "@ringback/runner";
import { migratePostgres } from "@ringback/store";
import { parseConfig, type Environment } from "./config/parse-config.ts";
import { createLog } from "./log.ts";
import { StartRefused } from "./start-refused.ts";
import { systemClock } from "./system.ts";

/** What was done, in one sentence. Throws StartRefused when the settings or the database do not allow it. */
export async function migrateDatabase(env: Environment): Promise<string> {
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new StartRefused(parsed.problems);
  const { DATABASE_URL: connectionString, RINGBACK_LOG_LEVEL: level } = parsed.config;
  if (connectionString === null) throw new StartRefused(["RINGBACK_ROLE=migrate needs DATABASE_URL"]);
  const log = createLog({ level, fields: "listed" });
  try {
    const applied = await migratePostgres({ connectionString, now: systemClock().now() });
    await prepareGraphileSchema({ connectionString, log, migrate: true });
    return applied === 0
      ? "The tables are up to date; nothing had to be changed."
      : `The tables are up to date; ${applied} ${applied === 1 ? "migration was" : "migrations were"} applied.`;
  } catch (thrown) {
    throw thrown instanceof Error ? new StartRefused([thrown.message], { cause: thrown }) : thrown;
  }
}
