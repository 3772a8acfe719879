// The SQLite adapter keeps the store's contract, in a file and in memory.
import { join } from "node:path";
import { describe } from "vitest";
import { describeStore } from "../conformance/store.ts";
import { openForTest, temporaryFolder } from "../testing/sqlite-ground.ts";
import { inMemory } from "./open-file.ts";

describe("SQLite in a file", () => {
  describeStore(() => openForTest(join(temporaryFolder(), "ringback.db")));
});

describe("SQLite in memory", () => {
  describeStore(() => openForTest(inMemory));
});
