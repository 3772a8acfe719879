// What tenants and keys promise: made once, found by their lookup part, and secrets that rotate with an overlap.
import { beforeEach, describe, expect, it } from "vitest";
import type { NewApiKey } from "@ringback/core";
import {
  callbackSecret,
  openScene,
  otherTenantId,
  retention,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

export function describeTenants(openStore: OpenStore): void {
  describe("tenants", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });
    const secrets = async (whose = tenantId) =>
      (await scene.store.reads.callbackSecrets(whose, scene.now())).map(({ secret }) => secret);

    it("a tenant is made once, and its first secret stays", async () => {
      const again = { id: tenantId, callbackSecret: "whsec_b3RoZXI=" };
      expect(await scene.store.tenants.ensureTenant(again, scene.now())).toBe(false);
      expect(await secrets()).toEqual([callbackSecret]);
      const fresh = { id: "initech", callbackSecret: "whsec_b3RoZXI=" };
      expect(await scene.store.tenants.ensureTenant(fresh, scene.now())).toBe(true);
      expect(await secrets("initech")).toEqual(["whsec_b3RoZXI="]);
    });

    it("a rotated secret is active until its overlap ends, and then it is deleted", async () => {
      const overlapUntil = scene.now() + 500;
      const rotation = { secret: "whsec_bmV3", overlapUntil, now: scene.now() };
      await scene.store.tenants.rotateCallbackSecret(tenantId, rotation);
      expect(await scene.store.reads.callbackSecrets(tenantId, scene.now())).toEqual([
        { secret: "whsec_bmV3", createdAt: scene.now(), expiresAt: null },
        { secret: callbackSecret, createdAt: scene.now(), expiresAt: overlapUntil },
      ]);
      scene.pass(500);
      expect(await secrets()).toEqual(["whsec_bmV3"]);
      expect(await scene.store.expire({ now: scene.now(), limit: 10, retention })).toBe(1);
      expect(await secrets()).toEqual(["whsec_bmV3"]);
      expect(await secrets(otherTenantId)).toEqual([`${callbackSecret}=`]);
    });

    it("a second rotation may shorten the first one's overlap and never lengthens it", async () => {
      const rotate = (secret: string, overlapMs: number) =>
        scene.store.tenants.rotateCallbackSecret(tenantId, {
          secret,
          overlapUntil: scene.now() + overlapMs,
          now: scene.now(),
        });
      await rotate("whsec_Mg==", 500);
      await rotate("whsec_Mw==", 1_000);
      scene.pass(500);
      expect(await secrets()).toEqual(["whsec_Mw==", "whsec_Mg=="]);
      await rotate("whsec_NA==", 0);
      expect(await secrets()).toEqual(["whsec_NA=="]);
    });

    it("a key is found by its lookup part, and one put with the same lookup part takes its place", async () => {
      const { tenants } = scene.store;
      const key: NewApiKey = {
        tenantId,
        id: "key_1",
        lookup: "abcdefghijkl",
        hash: "h1",
        scopes: ["jobs", "support"],
        expiresAt: null,
      };
      await tenants.putKeys([key], scene.now());
      const kept = { ...key, createdAt: scene.now(), revokedAt: null };
      expect(await tenants.findKey("abcdefghijkl")).toEqual(kept);
      expect(await tenants.findKey("unknownunkno")).toBeNull();
      const next: NewApiKey = { ...key, tenantId: otherTenantId, id: "key_2", hash: "h2", scopes: ["admin"] };
      scene.pass(9);
      await tenants.putKeys([next], scene.now());
      const nextKept = { ...next, createdAt: scene.now(), revokedAt: null };
      expect(await tenants.findKey("abcdefghijkl")).toEqual(nextKept);
    });

    it("the first key is made once, however many ask for one at the same time, and never beside another", async () => {
      const { tenants } = scene.store;
      const firstKey = (at: number): NewApiKey => ({
        tenantId,
        id: `key_${at}`,
        lookup: `lookuplooku${at}`,
        hash: "h",
        scopes: ["admin"],
        expiresAt: null,
      });
      const made = await Promise.all(
        [1, 2, 3, 4].map((at) => tenants.putFirstKey(firstKey(at), scene.now())),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      const found = await Promise.all([1, 2, 3, 4].map((at) => tenants.findKey(firstKey(at).lookup)));
      expect(found.map((key) => key !== null)).toEqual(made);
    });

    it("a key put with the same id takes the place of the earlier one, which no longer opens anything", async () => {
      const { tenants } = scene.store;
      const root: NewApiKey = {
        tenantId,
        id: "key_root",
        lookup: "firstfirstfi",
        hash: "h1",
        scopes: ["admin"],
        expiresAt: null,
      };
      const anothers = { ...root, tenantId: otherTenantId, lookup: "anotheranoth" };
      await tenants.putKeys([root, anothers], scene.now());
      await tenants.putKeys([{ ...root, lookup: "secondsecond", hash: "h2" }], scene.now());
      expect(await tenants.findKey("firstfirstfi")).toBeNull();
      expect(await tenants.findKey("secondsecond")).toMatchObject({ id: "key_root", hash: "h2" });
      expect(await tenants.findKey("anotheranoth")).toMatchObject({ tenantId: otherTenantId });
    });
  });
}
