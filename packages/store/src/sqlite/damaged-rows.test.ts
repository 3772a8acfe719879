// One damaged row in the file costs its own delivery, never its lane.
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describeDamagedRows } from "../conformance/damaged-rows.ts";
import { openForTest, temporaryFolder } from "../testing/sqlite-ground.ts";

describeDamagedRows(async () => {
  const path = join(temporaryFolder(), "ringback.db");
  return {
    underTest: await openForTest(path),
    async damage(statement) {
      const beside = new Sqlite(path);
      beside.pragma("foreign_keys = OFF");
      beside.exec(statement);
      beside.close();
    },
  };
}, ["'no JSON at all'", `'"a text"'`, "'{}'", "'[null]'"]);
