// What the audit promises: every act is in it with who, what, when and why, and nothing that was not done.
import { beforeEach, describe, expect, it } from "vitest";
import { noLimits, type Act, type AuditEntry, type AuditFilter } from "@ringback/core";
import { only, openScene, otherTenantId, tenantId, type OpenStore, type Scene } from "./scene.ts";

const act: Act = { by: { tenantId, keyId: "key_of_support" }, reason: "the receiver was repaired" };
const byOperator: Act = { by: { tenantId: "operator", keyId: "key_op" }, reason: null };

export function describeAudit(openStore: OpenStore): void {
  describe("the audit", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });
    const list = async (filter: AuditFilter = {}, whose = tenantId): Promise<readonly AuditEntry[]> =>
      (await scene.store.tenants.listAudit(whose, filter, { after: null, limit: 50 })).items;

    async function deadDelivery(): Promise<string> {
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      await scene.record(lane, claimed, { code: "no_retry", status: 400 });
      await scene.store.lanes.release([lane], scene.now());
      return claimed.id;
    }

    it("tells who did what, when and why, with every act", async () => {
      const { support, tenants } = scene.store;
      const endpoint = await scene.createEndpoint({ events: [] });
      const deliveryId = await deadDelivery();
      const key = { tenantId, endpointId: endpoint.id };
      const acts: [string, string, () => Promise<unknown>, object][] = [
        [
          "endpoint.paused",
          endpoint.id,
          () => support.setEndpointStatus(key, { status: "paused", reason: "operator" }, scene.now(), act),
          {},
        ],
        [
          "endpoint.resumed",
          endpoint.id,
          () => support.setEndpointStatus(key, { status: "active", reason: null }, scene.now(), act),
          {},
        ],
        [
          "delivery.redelivered",
          deliveryId,
          () => support.redeliver([{ tenantId, deliveryId }], scene.now(), act),
          { status: "dead" },
        ],
        [
          "callback_secret.rotated",
          tenantId,
          () =>
            tenants.rotateCallbackSecret(tenantId, {
              secret: "whsec_bmV3",
              overlapUntil: scene.now() + 9,
              now: scene.now(),
              act,
            }),
          { overlapMs: 9 },
        ],
        [
          "tenant.changed",
          tenantId,
          () => tenants.changeTenant(tenantId, { limits: { runningMax: 3 } }, scene.now(), act),
          { runningMax: 3 },
        ],
      ];
      for (const [action, subject, perform, details] of acts) {
        scene.pass(10);
        await perform();
        const [newest] = await list();
        expect(newest).toMatchObject({ action, subject, tenantId, at: scene.now(), ...act, details });
        expect(newest?.id).toMatch(/^aud_[0-9a-z]{26}$/);
      }
      expect(await list()).toHaveLength(acts.length);
    });

    it("tells of endpoints, keys and tenants that were made, without their secrets", async () => {
      const { support, tenants } = scene.store;
      const secret = "whsec_YW4gZW5kcG9pbnQncyBvd24gc2lnbmluZyBzZWNyZXQ=";
      const endpoint = {
        tenantId,
        id: "ep_1",
        url: "https://receiver.example/in?token=hidden",
        host: "receiver.example",
        events: [],
        description: null,
        headers: { authorization: "hidden" },
        retry: null,
        timeoutMs: null,
        maxInFlight: null,
        ratePerSecond: null,
        ordered: false,
        signature: "standard" as const,
        metadata: {},
        publicKey: null,
        secret,
      };
      await support.createEndpoints([endpoint], scene.now(), act);
      const limits = { ...noLimits, unfinishedMax: 5 };
      await tenants.createTenant(
        { id: "new", name: "New", limits, callbackSecret: secret },
        scene.now(),
        byOperator,
      );
      scene.pass(1);
      const key = {
        tenantId: "new",
        id: "key_n",
        lookup: "hiddenhidden",
        hash: "hidden",
        scopes: ["jobs"],
      } as const;
      await tenants.createKey({ ...key, expiresAt: null }, scene.now(), byOperator);
      const told = [...(await list()), ...(await list({}, "new"))];
      expect(told.map(({ action, subject, by }) => [action, subject, by?.keyId])).toEqual([
        ["endpoint.created", "ep_1", "key_of_support"],
        ["key.created", "key_n", "key_op"],
        ["tenant.created", "new", "key_op"],
      ]);
      expect(told[2]?.details).toEqual({ name: "New", ...limits });
      expect(told[1]?.details).toEqual({ scopes: ["jobs"], expiresAt: null, description: null });
      const spelled = JSON.stringify(told);
      for (const hidden of ["hidden", secret]) expect(spelled).not.toContain(hidden);
    });

    it("does not tell of what changed nothing, of what was not there, and of what nobody asked for", async () => {
      const { support, tenants } = scene.store;
      const { id: endpointId } = await scene.createEndpoint();
      const set = (key: { tenantId: string; endpointId: string }, status: "active" | "paused", by?: Act) =>
        support.setEndpointStatus(key, { status, reason: null }, scene.now(), by);
      await set({ tenantId, endpointId }, "active", act);
      await set({ tenantId: otherTenantId, endpointId }, "paused", act);
      await set({ tenantId, endpointId: "ep_none" }, "paused", act);
      await set({ tenantId, endpointId }, "paused");
      expect(await support.redeliver([{ tenantId, deliveryId: "dlv_none" }], scene.now(), act)).toEqual([
        null,
      ]);
      await tenants.changeTenant(tenantId, { limits: { runningMax: null }, name: null }, scene.now(), act);
      await tenants.changeTenant(tenantId, {}, scene.now(), act);
      await tenants.changeTenant("nobody", { name: "x" }, scene.now(), act);
      const again = { id: tenantId, name: null, limits: noLimits, callbackSecret: "whsec_bmV3" };
      expect(await tenants.createTenant(again, scene.now(), act)).toBeNull();
      expect([...(await list()), ...(await list({}, otherTenantId))]).toEqual([]);
    });

    it("of an act that failed nothing is left", async () => {
      const { tenants } = scene.store;
      const key = { tenantId, id: "key_1", lookup: "taken", hash: "h", scopes: [], expiresAt: null } as const;
      await tenants.createKey(key, scene.now(), act);
      await expect(tenants.createKey({ ...key, id: "key_2" }, scene.now(), act)).rejects.toThrow(
        /unique|duplicate/i,
      );
      expect((await list()).map(({ subject }) => subject)).toEqual(["key_1"]);
      expect(await tenants.getKey(tenantId, "key_2")).toBeNull();
    });

    it("is read newest first, page by page, by action, subject, key and time, and by its own tenant only", async () => {
      const { tenants } = scene.store;
      const start = scene.now();
      for (const n of [1, 2, 3, 4, 5, 6]) {
        scene.pass(n % 2);
        const key = {
          tenantId,
          id: `key_${n % 3}`,
          lookup: `l${n}`,
          hash: "h",
          scopes: [],
          expiresAt: null,
        } as const;
        await tenants.putKeys([key], scene.now());
      }
      await tenants.revokeKey({ tenantId, keyId: "key_1" }, scene.now(), act);
      const all = await list();
      expect(all).toHaveLength(7);
      const first = await tenants.listAudit(tenantId, {}, { after: null, limit: 4 });
      const second = await tenants.listAudit(tenantId, {}, { after: first.next, limit: 4 });
      expect([...first.items, ...second.items]).toEqual(all);
      expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).toSorted((a, b) => b - a));
      expect(await list({ action: "key.revoked" })).toHaveLength(1);
      expect(await list({ subject: "key_1" })).toHaveLength(3);
      expect(await list({ keyId: "key_of_support" })).toHaveLength(1);
      expect(await list({ from: start + 1, until: start + 2 })).toHaveLength(2);
      expect(await list({}, otherTenantId)).toEqual([]);
    });
  });
}
