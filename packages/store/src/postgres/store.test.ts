// The PostgreSQL adapter keeps the store's contract.
import { describe } from "vitest";
import { describeStore } from "../conformance/store.ts";
import { useCluster } from "../testing/postgres-ground.ts";

describe("PostgreSQL", () => {
  const cluster = useCluster();
  describeStore(() => cluster.openForTest());
});
