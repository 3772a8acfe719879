// What endpoints promise: changes that nobody overwrites, secrets that rotate, tests that nothing holds up, and deletions that
// cancel what is owed.
import { beforeEach, describe, expect, it } from "vitest";
import type { Act, Endpoint, EndpointChange } from "@ringback/core";
import {
  feedOf,
  holder,
  leaseMs,
  only,
  openScene,
  otherTenantId,
  present,
  retention,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const act: Act = { by: { tenantId, keyId: "key_owner" }, reason: "a new address" };
const stranger = { tenantId: otherTenantId };
const secret = "whsec_YSBzZWNvbmQgc2VjcmV0IG9mIHRoZSBlbmRwb2ludA==";

export function describeEndpoints(openStore: OpenStore): void {
  describe("endpoints", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    const keyOf = ({ id }: Endpoint) => ({ tenantId, endpointId: id });
    const change = (endpoint: Endpoint, asked: EndpointChange, seen = endpoint.updatedAt) =>
      scene.store.support.changeEndpoint(
        keyOf(endpoint),
        { change: asked, seen, secret: null, now: scene.now() },
        act,
      );
    const audited = async (): Promise<readonly string[]> => {
      const page = await scene.store.tenants.listAudit(tenantId, {}, { after: null, limit: 50 });
      return page.items.map(({ action }) => action);
    };
    /** What the tenant's audit says, without ids. */
    const detailsOf = async (action: string): Promise<unknown> => {
      const page = await scene.store.tenants.listAudit(tenantId, {}, { after: null, limit: 50 });
      return page.items.find((entry) => entry.action === action)?.details;
    };
    const testLane = async (endpoint: Endpoint) =>
      only(
        await scene.store.lanes.claim({
          holder,
          limit: 5,
          now: scene.now(),
          leaseMs,
          only: [{ tenantId, laneId: `${endpoint.id}:test` }],
        }),
      );

    it("F116 what is changed is what the next attempt goes by, of what was owed before, too", async () => {
      const endpoint = await scene.createEndpoint({ events: ["job.succeeded"], headers: { "x-a": "1" } });
      await scene.finishJob({ callback: null });
      scene.pass(5);
      const url = "https://new.example/hook?key=2";
      const changed = await change(endpoint, {
        url,
        host: "new.example",
        headers: { "x-b": "2" },
        retry: [1_000],
        timeoutMs: 2_000,
        signature: "github",
        maxInFlight: 3,
        ratePerSecond: 7,
      });
      expect(changed).toMatchObject({ url, headers: { "x-b": "2" }, maxInFlight: 3, ratePerSecond: 7 });
      expect(changed).toMatchObject({ updatedAt: scene.now(), events: ["job.succeeded"] });
      const claimed = only(await scene.claimDeliveries(await scene.holdLane()));
      expect(claimed).toMatchObject({ url, headers: { "x-b": "2" }, policy: [1_000], timeoutMs: 2_000 });
      expect(claimed.signature).toBe("github");
      expect(await audited()).toContain("endpoint.changed");
      expect(JSON.stringify(await detailsOf("endpoint.changed"))).not.toContain("key=2");
    });

    it("a change that was made from an older state is a conflict, and nothing of it is written", async () => {
      const endpoint = await scene.createEndpoint();
      const first = await change(endpoint, { description: "first" });
      const late = await change(endpoint, { description: "late", timeoutMs: 1_000 });
      expect(late).toBe("conflict");
      expect(await scene.store.reads.getEndpoint(tenantId, endpoint.id)).toMatchObject({
        description: "first",
        timeoutMs: null,
      });
      const { updatedAt } = first as Endpoint;
      expect(await change(endpoint, { timeoutMs: 1_000 }, updatedAt)).toMatchObject({ timeoutMs: 1_000 });
    });

    it("a changed filter holds for the next event", async () => {
      const endpoint = await scene.createEndpoint({ events: ["job.failed"] });
      await scene.finishJob({ callback: null });
      await change(endpoint, { events: ["job.*eded"] });
      await scene.finishJob({ callback: null });
      const page = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 5 });
      expect(page.items).toHaveLength(1);
    });

    it("F114 a rotated secret signs with the former one until the overlap ends; then the former is no more", async () => {
      const endpoint = await scene.createEndpoint({ events: ["job.succeeded"] });
      const rotation = {
        secret,
        publicKey: null,
        overlapUntil: scene.now() + 1_000,
        now: scene.now(),
      };
      await scene.store.support.rotateEndpointSecret(keyOf(endpoint), rotation, act);
      await scene.finishJob({ callback: null });
      await scene.finishJob({ callback: null });
      const lane = await scene.holdLane();
      const [first] = await scene.claimDeliveries(lane, 1);
      expect(first?.secrets).toHaveLength(2);
      expect(first?.secrets[0]).toBe(secret);
      scene.pass(1_000);
      const [second] = await scene.claimDeliveries(lane, 1);
      expect(second?.secrets).toEqual([secret]);
      expect(await audited()).toContain("endpoint.secret_rotated");
      expect(JSON.stringify(await detailsOf("endpoint.secret_rotated"))).toBe('{"overlapMs":1000}');
    });

    it("a pair's public keys are shown, the newest first, and its secret never", async () => {
      const over = {
        signature: "standard-ed25519",
        secret: "whsk_first",
        publicKey: "whpk_first",
      } as const;
      const endpoint = await scene.createEndpoint(over);
      scene.pass(10);
      await scene.store.support.rotateEndpointSecret(keyOf(endpoint), {
        secret: "whsk_second",
        publicKey: "whpk_second",
        overlapUntil: scene.now() + 5,
        now: scene.now(),
      });
      const read = present(await scene.store.reads.getEndpoint(tenantId, endpoint.id));
      expect(read.publicKeys).toEqual([
        { publicKey: "whpk_second", createdAt: scene.now(), expiresAt: null },
        { publicKey: "whpk_first", createdAt: scene.now() - 10, expiresAt: scene.now() + 5 },
      ]);
      const listed = await scene.store.reads.listEndpoints(tenantId, { after: null, limit: 5 });
      expect(only(listed.items).publicKeys).toEqual(read.publicKeys);
      expect(JSON.stringify([read, listed])).not.toContain("whsk_");
    });

    it("a test is owed at once on a lane of its own, past a pause and whatever else is owed", async () => {
      const endpoint = await scene.createEndpoint({ events: ["job.succeeded"] });
      await scene.finishJob({ callback: null });
      await scene.store.support.setEndpointStatus(
        keyOf(endpoint),
        { status: "paused", reason: "operator" },
        scene.now(),
      );
      scene.takeRings();
      const owed = present(await scene.store.support.testEndpoint(keyOf(endpoint), scene.now(), act));
      const laneId = `${endpoint.id}:test`;
      expect(scene.takeRings()).toEqual([{ kind: "lane", tenantId, laneId, at: scene.now() }]);
      const lane = await testLane(endpoint);
      const claimed = only(await scene.claimDeliveries(lane));
      expect(claimed).toMatchObject({ id: owed.id, trigger: "test", eventType: "endpoint.test" });
      expect(JSON.parse(claimed.body)).toMatchObject({
        type: "endpoint.test",
        data: { endpointId: endpoint.id },
      });
      await scene.record(lane, claimed);
      expect(await scene.getDelivery(owed.id)).toMatchObject({ status: "delivered", attempts: 1 });
      expect(await audited()).toContain("endpoint.tested");
    });

    it.each(["http_5xx", "gone"] as const)(
      "a test that fails with %s is over: no retry, no dead letter, and its endpoint goes on",
      async (code) => {
        const endpoint = await scene.createEndpoint({ events: [] });
        const owed = present(await scene.store.support.testEndpoint(keyOf(endpoint), scene.now()));
        const lane = await testLane(endpoint);
        await scene.record(lane, only(await scene.claimDeliveries(lane)), { code });
        expect(await scene.getDelivery(owed.id)).toMatchObject({ status: "canceled", code });
        expect(await scene.store.reads.getDeadLetter(tenantId, owed.id)).toBeNull();
        expect(await scene.store.reads.getEndpoint(tenantId, endpoint.id)).toMatchObject({
          status: "active",
        });
      },
    );

    it("F116 deleting cancels what is pending and says how much; jobs count it; nothing is sent", async () => {
      const endpoint = await scene.createEndpoint({ events: [] });
      const jobs = [];
      for (let n = 0; n < 3; n += 1) {
        const callback = { endpointId: endpoint.id, events: ["job.succeeded"] };
        jobs.push(await scene.finishJob({ callback }));
      }
      const deleted = await scene.store.support.deleteEndpoint(keyOf(endpoint), scene.now(), act);
      expect(deleted).toEqual({ canceled: 3, inFlight: 0 });
      const page = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 5 });
      expect(page.items.map(({ status, code }) => [status, code])).toEqual(
        jobs.map(() => ["canceled", "endpoint_deleted"]),
      );
      for (const { id } of jobs) {
        expect((await scene.getJob(id)).callback?.deliveries).toMatchObject({ pending: 0, canceled: 1 });
      }
      expect((await scene.store.due(scene.now(), 10)).lanes).toEqual([]);
      expect(await scene.store.reads.getEndpoint(tenantId, endpoint.id)).toBeNull();
      const listed = await scene.store.reads.listEndpoints(tenantId, { after: null, limit: 5 });
      expect(listed.items).toEqual([]);
      expect(await scene.store.support.deleteEndpoint(keyOf(endpoint), scene.now())).toBeNull();
      expect(await audited()).toContain("endpoint.deleted");
      expect(await detailsOf("endpoint.deleted")).toMatchObject({ canceled: 3, inFlight: 0 });
    });

    it.each([
      ["ok", "delivered"],
      ["http_5xx", "canceled"],
      ["gone", "canceled"],
    ] as const)("F116 an attempt in flight at the deletion ends with %s as %s", async (code, status) => {
      const endpoint = await scene.createEndpoint({ events: ["job.succeeded"] });
      await scene.finishJob({ callback: null });
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      const deleted = await scene.store.support.deleteEndpoint(keyOf(endpoint), scene.now());
      expect(deleted).toEqual({ canceled: 0, inFlight: 1 });
      expect(await scene.record(lane, claimed, { code })).toBe("recorded");
      expect(await scene.getDelivery(claimed.id)).toMatchObject({ status, code });
      expect(await scene.store.reads.getDeadLetter(tenantId, claimed.id)).toBeNull();
    });

    it("a deleted endpoint hears nothing more, and its rows leave with the last of its deliveries", async () => {
      const endpoint = await scene.createEndpoint({ events: ["*.succeeded"] });
      await scene.finishJob({ callback: null });
      await scene.store.support.deleteEndpoint(keyOf(endpoint), scene.now());
      await scene.finishJob({ callback: null });
      const page = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 5 });
      expect(page.items).toHaveLength(1);
      const accepted = await scene.store.intake.acceptJobs(
        [scene.acceptance({ callback: { endpointId: endpoint.id, events: ["job.*"] } }, { receiver: null })],
        scene.now(),
      );
      expect(only(accepted).kind).toBe("no_endpoint");
      scene.pass(31 * 86_400_000);
      for (let n = 0; n < 5; n += 1) await scene.store.expire({ now: scene.now(), limit: 500, retention });
      expect(await scene.store.reads.getDelivery(tenantId, only(page.items).id)).toBeNull();
      expect(await scene.store.expire({ now: scene.now(), limit: 500, retention })).toBe(0);
    });

    it("another tenant's endpoint is as if it did not exist, for every verb", async () => {
      const endpoint = await scene.createEndpoint();
      const key = { ...stranger, endpointId: endpoint.id };
      const now = scene.now();
      const { support, reads } = scene.store;
      const asked = { change: { description: "mine" }, seen: endpoint.updatedAt, secret: null, now };
      expect(await support.changeEndpoint(key, asked)).toBeNull();
      const rotation = { secret, publicKey: null, overlapUntil: now, now };
      expect(await support.rotateEndpointSecret(key, rotation)).toBeNull();
      expect(await support.testEndpoint(key, now)).toBeNull();
      expect(await support.deleteEndpoint(key, now)).toBeNull();
      expect(await support.setEndpointStatus(key, { status: "paused", reason: "operator" }, now)).toBeNull();
      expect(await reads.getEndpoint(otherTenantId, endpoint.id)).toBeNull();
      expect(await reads.getEndpoint(tenantId, endpoint.id)).toEqual(endpoint);
      expect(await feedOf(scene.store)).toEqual([]);
    });
  });
}
