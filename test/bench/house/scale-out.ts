// The scale-out mode: PostgreSQL, and a process for each role. One cluster serves a whole run; each database is new.
import { randomBytes } from "node:crypto";
import { startChild, type Child } from "../children/child.ts";
import type { Closing } from "../closing.ts";
import { postgres } from "../fill/dialect.ts";
import { fillDatabase } from "../fill/fill-database.ts";
import type { Mode } from "./mode.ts";

/** How long a new cluster may take to be made and started. */
const clusterStartMs = 60_000;

/** The cluster is started when the first database is asked for, and stops when `closing` closes. */
export function scaleOut(closing: Closing): Mode {
  let cluster: Promise<Child> | null = null;

  async function startCluster(): Promise<Child> {
    const child = await startChild("cluster.ts", { startMs: clusterStartMs });
    closing.add(() => child.stop());
    return child;
  }

  return {
    name: "scale-out",
    rolesOf: (wanted) => wanted,
    async openDatabase() {
      cluster ??= startCluster();
      const connectionString = await (await cluster).ask<string>("createDatabase");
      const masterKey = randomBytes(32).toString("base64");
      return {
        settings: (role) => ({
          DATABASE_URL: connectionString,
          RINGBACK_MASTER_KEY: masterKey,
          RINGBACK_ROLE: role,
        }),
        addRows: (filling) => fillDatabase(postgres, connectionString, filling),
      };
    },
  };
}
