// What keys promise: made with their audit, found while they are good, listed, revoked for ever, and their use noted coarsely.
import { beforeEach, describe, expect, it } from "vitest";
import { keyUseGrainMs, noLimits, type Act, type NewApiKey } from "@ringback/core";
import { openScene, otherTenantId, present, tenantId, type OpenStore, type Scene } from "./scene.ts";

const act: Act = { by: { tenantId, keyId: "key_admin" }, reason: null };
const wanted: NewApiKey = {
  tenantId,
  id: "key_1",
  lookup: "abcdefghijkl",
  hash: "h1",
  scopes: ["jobs", "support"],
  expiresAt: null,
};

export function describeKeys(openStore: OpenStore): void {
  describe("keys", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });
    const page = { after: null, limit: 10 };

    it("a key that was made is found, read and listed, by its own tenant only", async () => {
      const { tenants } = scene.store;
      const made = await tenants.createKey({ ...wanted, description: "billing" }, scene.now(), act);
      const kept = {
        ...wanted,
        description: "billing",
        createdAt: scene.now(),
        revokedAt: null,
        lastUsedAt: null,
      };
      expect(made).toEqual(kept);
      expect(await tenants.getKey(tenantId, "key_1")).toEqual(kept);
      expect(await tenants.findKey("abcdefghijkl")).toEqual({ ...kept, limits: noLimits });
      expect((await tenants.listKeys(tenantId, page)).items).toEqual([kept]);
      expect(await tenants.getKey(otherTenantId, "key_1")).toBeNull();
      expect((await tenants.listKeys(otherTenantId, page)).items).toEqual([]);
    });

    it("no key is made for a tenant that does not exist", async () => {
      const { tenants } = scene.store;
      expect(await tenants.createKey({ ...wanted, tenantId: "nobody" }, scene.now(), act)).toBeNull();
      expect(await tenants.findKey("abcdefghijkl")).toBeNull();
    });

    it("two keys of one tenant are good at once, and revoking one leaves the other", async () => {
      const { tenants } = scene.store;
      await tenants.createKey(wanted, scene.now(), act);
      await tenants.createKey({ ...wanted, id: "key_2", lookup: "secondsecond" }, scene.now(), act);
      scene.pass(7);
      const revokedAt = scene.now();
      const revoked = await tenants.revokeKey({ tenantId, keyId: "key_1" }, revokedAt, act);
      expect(revoked).toMatchObject({ id: "key_1", revokedAt });
      expect(await tenants.findKey("abcdefghijkl")).toMatchObject({ revokedAt });
      expect(await tenants.findKey("secondsecond")).toMatchObject({ revokedAt: null });
      scene.pass(7);
      const again = await tenants.revokeKey({ tenantId, keyId: "key_1" }, scene.now(), act);
      expect(again).toEqual(revoked);
      const { items } = await tenants.listAudit(tenantId, { action: "key.revoked" }, page);
      expect(items.map(({ subject, at }) => [subject, at])).toEqual([["key_1", revokedAt]]);
    });

    it("a key of another tenant cannot be revoked, and neither can one that does not exist", async () => {
      const { tenants } = scene.store;
      await tenants.createKey(wanted, scene.now(), act);
      const revoke = (whose: string, keyId: string) =>
        tenants.revokeKey({ tenantId: whose, keyId }, scene.now(), act);
      expect(await revoke(otherTenantId, "key_1")).toBeNull();
      expect(await revoke(tenantId, "key_2")).toBeNull();
      expect(present(await tenants.getKey(tenantId, "key_1")).revokedAt).toBeNull();
      expect((await tenants.listAudit(otherTenantId, {}, page)).items).toEqual([]);
    });

    it("keys are listed newest first, page by page, the revoked ones among them", async () => {
      const { tenants } = scene.store;
      for (const n of [1, 2, 3, 4, 5]) {
        scene.pass(n % 2);
        await tenants.createKey({ ...wanted, id: `key_${n}`, lookup: `lookup${n}` }, scene.now(), act);
      }
      await tenants.revokeKey({ tenantId, keyId: "key_3" }, scene.now(), act);
      const first = await tenants.listKeys(tenantId, { after: null, limit: 3 });
      const second = await tenants.listKeys(tenantId, { after: first.next, limit: 3 });
      expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(
        [5, 4, 3, 2, 1].map((n) => `key_${n}`),
      );
      expect(second.next).toBeNull();
    });

    it("the use of a key is noted, and noted again only when the last note has become old", async () => {
      const { tenants } = scene.store;
      await tenants.createKey(wanted, scene.now(), act);
      const use = () => tenants.noteKeyUse({ tenantId, keyId: "key_1" }, scene.now());
      const lastUsedAt = async () => (await tenants.getKey(tenantId, "key_1"))?.lastUsedAt;
      const first = scene.now();
      await use();
      scene.pass(keyUseGrainMs - 1);
      await use();
      expect(await lastUsedAt()).toBe(first);
      scene.pass(1);
      await use();
      expect(await lastUsedAt()).toBe(first + keyUseGrainMs);
      await tenants.noteKeyUse({ tenantId: otherTenantId, keyId: "key_1" }, scene.now() + keyUseGrainMs);
      expect(await lastUsedAt()).toBe(first + keyUseGrainMs);
    });

    it("a key of the settings that is there already is left as it is, and a changed one is a key made by the settings", async () => {
      const { tenants } = scene.store;
      const root: NewApiKey = { ...wanted, scopes: ["admin"] };
      const first = scene.now();
      await tenants.putKeys([root], first);
      await tenants.noteKeyUse({ tenantId, keyId: "key_1" }, first);
      scene.pass(5);
      await tenants.putKeys([root], scene.now());
      expect(await tenants.getKey(tenantId, "key_1")).toMatchObject({ createdAt: first, lastUsedAt: first });
      await tenants.putKeys([{ ...root, lookup: "anotherother", hash: "h2" }], scene.now());
      const { items } = await tenants.listAudit(tenantId, {}, page);
      expect(items.map(({ action, at, by }) => [action, at, by])).toEqual([
        ["key.created", first + 5, null],
        ["key.created", first, null],
      ]);
      await tenants.revokeKey({ tenantId, keyId: "key_1" }, scene.now(), act);
      await tenants.putKeys([{ ...root, lookup: "anotherother", hash: "h2" }], scene.now());
      expect(await tenants.getKey(tenantId, "key_1")).toMatchObject({ revokedAt: null });
    });
  });
}
