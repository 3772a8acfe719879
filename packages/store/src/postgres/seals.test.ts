// A change of the master key on PostgreSQL, where several processes make it at once.
import { describe, expect, it, onTestFinished } from "vitest";
import { describeSeals, firstKey, secondKey } from "../conformance/seals.ts";
import { openScene, tenantId } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

describe("seals on PostgreSQL", () => {
  const cluster = useCluster();

  describeSeals(async () => {
    const connectionString = await cluster.createDatabase();
    return {
      open: (masterKey, formerMasterKeys = []) =>
        cluster.openForTest({ connectionString, masterKey, formerMasterKeys }),
      damage: async (statement) => void (await cluster.ask(connectionString, statement)),
    };
  });

  it("a secret that another transaction is changing is passed over, and sealed again when that is over", async () => {
    const connectionString = await cluster.createDatabase();
    const { store } = await openScene(() => cluster.openForTest({ connectionString, masterKey: firstKey }));
    await store.close();
    const keys = { masterKey: secondKey, formerMasterKeys: [firstKey] };
    const [one, other] = [
      await cluster.openForTest({ connectionString, ...keys }),
      await cluster.openForTest({ connectionString, ...keys }),
    ];
    await one.store.seals.takeOver(0);
    const beside = await cluster.connect(connectionString);
    await beside.query("begin");
    onTestFinished(async () => void (await beside.query("rollback")));
    await beside.query("update signing_secret set expires_at = 9e15 where tenant_id = $1", [tenantId]);
    const limited = { after: null, limit: 9 };
    const together = await Promise.all([one.store.seals.reseal(limited), other.store.seals.reseal(limited)]);
    expect(together.reduce((sum, step) => sum + (step.kind === "resealed" ? step.rows : 0), 0)).toBe(1);
    await beside.query("commit");
    expect(await other.store.seals.reseal(limited)).toMatchObject({ rows: 1, broken: 0 });
    expect(
      await cluster.ask(connectionString, "select 1 from signing_secret where expires_at = 9e15"),
    ).toHaveLength(1);
  });
});
