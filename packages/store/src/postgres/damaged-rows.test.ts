// One damaged row in the database costs its own delivery, never its lane.
import { describe } from "vitest";
import { describeDamagedRows } from "../conformance/damaged-rows.ts";
import { useCluster } from "../testing/postgres-ground.ts";

describe("damaged rows on PostgreSQL", () => {
  const cluster = useCluster();
  describeDamagedRows(async () => {
    const underTest = await cluster.openForTest();
    return {
      underTest,
      async damage(statement) {
        await cluster.ask(underTest.connectionString, `set session_replication_role = replica; ${statement}`);
      },
    };
  }, [`'"a text"'`, "'{}'", "'[null]'"]);
});
