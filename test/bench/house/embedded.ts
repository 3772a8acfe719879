// The embedded mode: SQLite, one file, one process.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqlite } from "../fill/dialect.ts";
import { fillDatabase } from "../fill/fill-database.ts";
import type { Mode } from "./mode.ts";

export const embedded: Mode = {
  name: "embedded",
  rolesOf: () => ["all"],
  async openDatabase(closing) {
    const folder = mkdtempSync(join(tmpdir(), "ringback-bench-"));
    closing.add(() => rmSync(folder, { recursive: true, force: true }));
    const path = join(folder, "ringback.db");
    return {
      settings: () => ({ RINGBACK_SQLITE_PATH: path }),
      addRows: (filling) => fillDatabase(sqlite, path, filling),
    };
  },
};
