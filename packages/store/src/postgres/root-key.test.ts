// The key of the settings, when several processes start on an empty database.
import { describe, expect, it } from "vitest";
import { openScene, tenantId } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

describe("the root key", () => {
  const cluster = useCluster();

  it("processes that start together with the same one put it once, and none fails", async () => {
    const first = await cluster.openForTest();
    const { connectionString } = first;
    const scene = await openScene(async () => first);
    const others = await Promise.all([1, 2, 3].map(() => cluster.openForTest({ connectionString })));
    for (let round = 0; round < 20; round += 1) {
      const key = { tenantId, id: "key_root", lookup: `l${round}`, hash: "h", scopes: [], expiresAt: null };
      await Promise.all([first, ...others].map(({ store }) => store.tenants.putKeys([key], scene.now())));
    }
    const { items } = await scene.store.tenants.listAudit(tenantId, {}, { after: null, limit: 99 });
    expect(items.filter(({ action }) => action === "key.created")).toHaveLength(20);
  });
});
