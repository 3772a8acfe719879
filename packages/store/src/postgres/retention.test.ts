// Retention on PostgreSQL, while others work on the same rows: nothing is deleted by half, waited for, or left behind.
import { Client } from "pg";
import { describe, expect, it, vi } from "vitest";
import type { Store } from "@ringback/core";
import { only, openScene, present, tenantId, twoAttempts, type Scene } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

const retention = {
  eventsMs: 3_600_000,
  deliveriesMs: 3_600_000,
  deadLettersMs: 3_600_000,
  tombstonesMs: 9e12,
  attemptBodiesMs: 9e12,
  replaysMs: 9e12,
};

describe("retention on PostgreSQL", () => {
  const cluster = useCluster();

  /** Several processes on one database, with deliveries of two attempts each that have been over for long. */
  async function openOver(count: number): Promise<{
    readonly scene: Scene;
    readonly stores: readonly Store[];
    readonly deliveryIds: readonly string[];
    readonly connectionString: string;
  }> {
    const opened = await cluster.openForTest();
    const { connectionString } = opened;
    const scene = await openScene(async () => opened);
    const others = await Promise.all([1, 2].map(() => cluster.openForTest({ connectionString })));
    await scene.createEndpoint({ events: ["job.succeeded"] });
    for (let at = 0; at < count; at += 1) await scene.submit();
    for (const run of await scene.claimRuns(count)) await scene.endRun(run);
    const lanes = await scene.store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs: 9 });
    for (const ending of [{ code: "http_4xx", policy: twoAttempts } as const, {}]) {
      for (const lane of lanes) {
        const claimed = await scene.claimDeliveries(lane, count);
        await Promise.all(claimed.map((one) => scene.record(lane, one, ending)));
      }
      scene.pass(1_000);
    }
    await scene.store.lanes.release(lanes, scene.now());
    scene.pass(10 * 3_600_000);
    const page = { after: null, limit: 1_000 };
    const { items } = await scene.store.reads.listDeliveries(tenantId, {}, page);
    expect(items.map(({ status }) => status)).toEqual(Array(2 * count).fill("delivered"));
    const deliveryIds = items.map(({ id }) => id);
    return { scene, stores: [opened, ...others].map(({ store }) => store), deliveryIds, connectionString };
  }

  const expire = (store: Store, now: number, limit = 7): Promise<number> =>
    store.expire({ now, limit, retention });

  it("a redelivery that races with it is made whole or finds nothing, never half", async () => {
    const { scene, stores, deliveryIds } = await openOver(20);
    const [first, second, third] = stores.map(present);
    let racing = true;
    const sweeping = (async () => {
      while (racing) await expire(present(second), scene.now());
    })();
    const answers = await Promise.all(
      deliveryIds.map(async (deliveryId, at) => {
        const store = present(at % 2 === 0 ? first : third);
        return only(await store.support.redeliver([{ tenantId, deliveryId }], scene.now()));
      }),
    );
    racing = false;
    await sweeping;
    while ((await expire(present(first), scene.now())) > 0);
    for (const [at, id] of deliveryIds.entries()) {
      const found = await scene.store.reads.getDelivery(tenantId, id);
      expect(found === null).toBe(answers[at] === null);
      if (found === null) continue;
      expect(found.delivery.status).toBe("pending");
      expect(found.attempts.map(({ n }) => n)).toEqual([1, 2]);
      const events = await scene.store.reads.listJobEvents(tenantId, present(found.delivery.jobId), {
        after: 0,
        limit: 9,
      });
      expect(events.map(({ id: eventId }) => eventId)).toContain(found.delivery.eventId);
    }
  }, 60_000);

  it("lets go of what it has locked in one table before it looks at the next", async () => {
    const { scene, stores } = await openOver(2);
    const query = vi.spyOn(Client.prototype, "query");
    try {
      while ((await expire(present(stores[0]), scene.now(), 100)) > 0);
      const texts = (query.mock.calls as unknown as [{ readonly text?: string }][]).map(
        ([config]) => config.text ?? "",
      );
      const deleted = texts.findIndex((text) => text.startsWith("delete from delivery"));
      const later = texts.findIndex((text, at) => at > deleted && text.includes("from replay "));
      expect(deleted).toBeGreaterThan(0);
      expect(texts.slice(deleted, later)).toContain("commit");
    } finally {
      query.mockRestore();
    }
  }, 60_000);

  it("what somebody is changing is passed over at once, and goes the next time", async () => {
    const { scene, stores, deliveryIds, connectionString } = await openOver(3);
    const other = await cluster.connect(connectionString);
    const held = present(deliveryIds[0]);
    await other.query("begin");
    await other.query("select 1 from delivery where id = $1 for no key update", [held]);
    while ((await expire(present(stores[0]), scene.now())) > 0);
    const left = async (): Promise<string[]> =>
      (await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 99 })).items.map(
        ({ id }) => id,
      );
    expect(await left()).toEqual([held]);
    await other.query("commit");
    while ((await expire(present(stores[0]), scene.now())) > 0);
    expect(await left()).toEqual([]);
  });

  it("a redelivery that waits for a deletion finds nothing once that is committed", async () => {
    const { scene, stores, deliveryIds, connectionString } = await openOver(1);
    const deliveryId = present(deliveryIds[0]);
    const deleting = await cluster.connect(connectionString);
    await deleting.query("begin");
    await deleting.query("delete from attempt where delivery_id = $1", [deliveryId]);
    await deleting.query("delete from delivery where id = $1", [deliveryId]);
    const asked = present(stores[1]).support.redeliver([{ tenantId, deliveryId }], scene.now());
    const waits = "select 1 from pg_locks where not granted";
    while ((await cluster.ask(connectionString, waits)).length === 0);
    await deleting.query("commit");
    expect(await asked).toEqual([null]);
  });

  it("processes that sweep at the same time leave nothing behind between them", async () => {
    const { scene, stores, connectionString } = await openOver(20);
    await Promise.all(
      stores.map(async (store) => {
        for (let idle = 0; idle < 50;) idle = (await expire(store, scene.now())) === 0 ? idle + 1 : 0;
      }),
    );
    const rows = await cluster.ask<{ deliveries: number; attempts: number; events: number }>(
      connectionString,
      `select (select count(*) from delivery) as deliveries, (select count(*) from attempt) as attempts,
         (select count(*) from event) as events`,
    );
    expect(rows).toEqual([{ deliveries: 0, attempts: 0, events: 0 }]);
  }, 60_000);

  it("while one process is at it, another leaves it alone", async () => {
    const { scene, stores, connectionString } = await openOver(2);
    const sweeping = await cluster.connect(connectionString);
    await sweeping.query("begin");
    await sweeping.query("select pg_advisory_xact_lock(724614)");
    expect(await expire(present(stores[0]), scene.now())).toBe(0);
    await sweeping.query("commit");
    expect(await expire(present(stores[0]), scene.now())).toBeGreaterThan(0);
  });
});
