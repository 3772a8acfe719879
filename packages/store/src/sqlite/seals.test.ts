// A change of the master key on a file, whose writes are made in the database thread.
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { describeSeals } from "../conformance/seals.ts";
import { openForTest, temporaryFolder } from "../testing/sqlite-ground.ts";

describeSeals(async () => {
  const path = join(temporaryFolder(), "ringback.db");
  return {
    open: (masterKey, formerMasterKeys = []) => openForTest(path, { masterKey, formerMasterKeys }),
    async damage(statement) {
      const beside = new Sqlite(path);
      beside.exec(statement);
      beside.close();
    },
  };
});
