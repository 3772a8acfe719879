// The process: reads the environment, starts the server, says what a first start must say, and ends on a signal.
import { quickenImports } from "@ringback/store/quick-imports";
import type { RunningServer } from "./start-server.ts";

const refusedExitCode = 1;

// Listened for from the very beginning: a start that is interrupted drains as soon as it has succeeded.
const asked = untilSignal();
quickenImports();
const [{ migrateDatabase }, { StartRefused }, { startServer }] = await Promise.all([
  import("./migrate-database.ts"),
  import("./start-refused.ts"),
  import("./start-server.ts"),
]);
try {
  if (process.env["RINGBACK_ROLE"] === "migrate") {
    process.stdout.write(`${await migrateDatabase(process.env)}\n`);
    process.exit(0);
  }
  const server = await startServer({ env: process.env });
  introduce(server);
  await server.stop(await asked);
  process.exit(0);
} catch (thrown) {
  if (!(thrown instanceof StartRefused)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exit(refusedExitCode);
}

/** The only place that ever shows the key and the secret, once. */
function introduce(server: RunningServer): void {
  const { apiKey, callbackSecret } = server.firstStart;
  const lines = [`Ringback listens on ${server.url}`];
  if (apiKey !== null || callbackSecret !== null)
    lines.push("", "First start of this database. Shown once, so keep it:");
  if (apiKey !== null) lines.push(`  API key          ${apiKey}`);
  if (callbackSecret !== null) lines.push(`  callback secret  ${callbackSecret}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

/**
 * SIGTERM and SIGINT drain, which is bounded. A second SIGINT, which is a person at a keyboard, ends at once: what was running
 * is made due again at the next start. A second SIGTERM changes nothing, since supervisors repeat themselves.
 */
function untilSignal(): Promise<NodeJS.Signals> {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>();
  let interrupts = 0;
  process.on("SIGTERM", resolve);
  process.on("SIGINT", (signal) => {
    interrupts += 1;
    if (interrupts > 1) process.exit(130);
    resolve(signal);
  });
  return promise;
}
