// What a change of the master key promises: nothing stops opening, everything is sealed with the new key in the end, and with a
// wrong key nothing is sent, nothing is sealed, and nothing is lost.
import { describe, expect, it } from "vitest";
import { noLimits, type Instant, type SealPosition } from "@ringback/core";
import { only, openScene, tenantId, type Scene, type StoreUnderTest } from "./scene.ts";

/** What an adapter provides: one empty database, opened as often as asked with these keys, and a way to write beside it. */
export interface Rekeyable {
  open(masterKey: Uint8Array, formerMasterKeys?: readonly Uint8Array[]): Promise<StoreUnderTest>;
  readonly damage: (statement: string) => Promise<void>;
}

export const [firstKey, secondKey, thirdKey] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
export const [firstKid, secondKid] = ["72cd6e84", "75877bb4"];
const secret = "whsec_dGhlIGpvYidzIG93biBzZWNyZXQ=";
const headers = { authorization: "Bearer x" };
const callback = { url: "https://example.com/done", events: ["job.succeeded"], headers, secret };

/** One row in each table that has something sealed, and two deliveries that need it. */
async function fill(scene: Scene): Promise<string> {
  const { id } = await scene.createEndpoint({ headers, secret, events: ["job.succeeded"] });
  await scene.finishJob({ callback });
  return id;
}

async function resealAll({ store }: StoreUnderTest, limit = 1): Promise<number> {
  let total = 0;
  let after: SealPosition | null = null;
  do {
    const step = await store.seals.reseal({ after, limit });
    if (step.kind === "not_ours") throw new Error("another key is the present one");
    total += step.rows;
    after = step.next;
  } while (after !== null);
  return total;
}

/** What every lane that is due sends, by a holder that is new. */
async function claimAll({ store }: StoreUnderTest, now: Instant) {
  const lanes = await store.lanes.claim({ holder: "looks", limit: 10, now, leaseMs: 1 });
  const claimed = await Promise.all(
    lanes.map((lane) => store.lanes.claimDeliveries(lane, { now, limit: 10 })),
  );
  await store.lanes.release(lanes, now);
  return claimed.flatMap((one) => (one.kind === "claimed" ? one.deliveries : []));
}

export function describeSeals(openDatabase: () => Promise<Rekeyable>): void {
  describe("master keys", () => {
    it("what was sealed with a former key opens, is sealed with the present one again in every table, and then needs it no more", async () => {
      const database = await openDatabase();
      const first = await openScene(() => database.open(firstKey));
      const endpointId = await fill(first);
      await first.store.close();

      const rotated = await database.open(secondKey, [firstKey]);
      expect(await rotated.store.seals.look()).toEqual({
        present: secondKid,
        former: [{ kid: firstKid, isNeeded: true }],
        missing: [],
      });
      // Two tenants' callback secrets, the endpoint's secret and headers, and the job.
      expect(await rotated.store.seals.countRows()).toEqual([{ kid: firstKid, rows: 5 }]);
      await rotated.store.seals.takeOver(first.now());
      expect(await resealAll(rotated)).toBe(5);
      expect(await rotated.store.seals.countRows()).toEqual([{ kid: firstKid, rows: 0 }]);
      await rotated.store.close();

      const dropped = await database.open(secondKey);
      expect(await dropped.store.seals.look()).toEqual({ present: secondKid, former: [], missing: [] });
      const claimed = await claimAll(dropped, first.now());
      expect(claimed).toHaveLength(2);
      for (const one of claimed) expect(one).toMatchObject({ secrets: [secret], headers });
      expect((await dropped.store.reads.getEndpoint(tenantId, endpointId))?.headers).toEqual(headers);
      expect(await dropped.store.reads.callbackSecrets(tenantId, first.now())).toHaveLength(1);
    });

    it("everything is sealed with the key of the process that started last, and the others leave it so", async () => {
      const database = await openDatabase();
      const first = await openScene(() => database.open(firstKey, [secondKey]));
      await first.store.seals.takeOver(first.now());
      await fill(first);
      expect(await resealAll(first)).toBe(0);
      await first.store.close();

      const second = await database.open(secondKey, [firstKey]);
      await second.store.seals.takeOver(first.now());
      expect(await resealAll(second, 100)).toBe(5);
      await second.store.close();

      // One that has not heard of it yet.
      const late = await database.open(firstKey, [secondKey]);
      expect(await late.store.seals.reseal({ after: null, limit: 9 })).toEqual({ kind: "not_ours" });
      // Started anew, with the first key: the change is taken back.
      await late.store.seals.takeOver(first.now());
      expect(await resealAll(late, 100)).toBe(5);
    });

    it("a value that has been altered is passed over and told of, and what lies behind it is sealed again", async () => {
      const database = await openDatabase();
      const first = await openScene(() => database.open(firstKey));
      await fill(first);
      await database.damage(
        `update signing_secret set sealed = 'v1.${firstKid}.a.b.c' where tenant_id = '${tenantId}' and owner = 'callback'`,
      );
      await database.damage(
        `update signing_secret set sealed = 'nonsense' where tenant_id <> '${tenantId}' and owner = 'callback'`,
      );
      await first.store.close();
      const rotated = await database.open(secondKey, [firstKey]);
      await rotated.store.seals.takeOver(first.now());
      const step = await rotated.store.seals.reseal({ after: null, limit: 9 });
      expect(step).toMatchObject({ kind: "resealed", rows: 1, broken: 1 });
      expect(await resealAll(rotated)).toBe(2);
      expect(await rotated.store.seals.countRows()).toEqual([{ kid: firstKid, rows: 1 }]);
      expect((await rotated.store.seals.look()).missing, "what is damaged names no key").toEqual([]);
    });

    it("a secret that is rotated while others are sealed again stays the newest", async () => {
      const database = await openDatabase();
      const first = await openScene(() => database.open(firstKey));
      const endpointId = await fill(first);
      await first.store.close();
      const rotated = await database.open(secondKey, [firstKey]);
      await rotated.store.seals.takeOver(first.now());
      const fresh = "whsec_YSBzZWNvbmQgc2VjcmV0IG9mIHRoZSBlbmRwb2ludA==";
      const rotation = { secret: fresh, publicKey: null, overlapUntil: first.now() + 9, now: first.now() };
      await Promise.all([
        resealAll(rotated),
        rotated.store.support.rotateEndpointSecret({ tenantId, endpointId }, rotation),
        rotated.store.tenants.rotateCallbackSecret(tenantId, rotation),
        resealAll(rotated, 2),
      ]);
      await resealAll(rotated);
      const claimed = await claimAll(rotated, first.now());
      expect(claimed.find((one) => one.endpointId !== null)?.secrets).toEqual([fresh, secret]);
      const secrets = await rotated.store.reads.callbackSecrets(tenantId, first.now());
      expect(secrets.map((one) => one.secret)).toHaveLength(2);
      expect(secrets[0]?.secret).toBe(fresh);
      expect(await rotated.store.seals.countRows()).toEqual([{ kid: firstKid, rows: 0 }]);
    });

    it("F115 with a wrong key the store opens and names the missing one, sends nothing, seals nothing, and takes what needs no seal", async () => {
      const database = await openDatabase();
      const first = await openScene(() => database.open(firstKey));
      const endpointId = await fill(first);
      await first.store.close();

      const wrong = await database.open(thirdKey);
      const { store } = wrong;
      expect((await store.seals.look()).missing).toEqual([firstKid]);
      expect(await store.seals.countRows()).toEqual([{ kid: firstKid, rows: 5 }]);
      const now = first.now();
      expect(await claimAll(wrong, now)).toEqual([]);
      const otherKey = expect.objectContaining({ name: "StoreUnavailable", code: "other_key" }) as unknown;
      const act = { by: null, reason: null };
      const rotation = { secret, publicKey: null, overlapUntil: now, now };
      const key = { tenantId, endpointId };
      const asked = { change: { headers }, seen: now, secret: null, now };
      for (const sealing of [
        () => store.intake.acceptJobs([first.acceptance({ callback })], now),
        () => store.intake.acceptTogether([first.acceptance({ callback })], now),
        () => store.support.rotateEndpointSecret(key, rotation),
        () => store.support.changeEndpoint(key, asked),
        () => store.tenants.rotateCallbackSecret(tenantId, rotation),
        () =>
          store.tenants.createTenant(
            { id: "new", name: null, limits: noLimits, callbackSecret: secret },
            now,
            act,
          ),
        () => store.reads.callbackSecrets(tenantId, now),
        () => store.reads.getEndpoint(tenantId, endpointId),
      ]) {
        await expect(sealing()).rejects.toEqual(otherKey);
      }
      const plain = first.acceptance({ callback: { ...callback, headers: {}, secret: null } });
      expect(only(await store.intake.acceptJobs([plain], now)).kind).toBe("accepted");
      await store.close();

      const right = await database.open(firstKey);
      expect((await right.store.seals.look()).missing).toEqual([]);
      expect(await claimAll(right, now + 10_000)).toHaveLength(2);
    });

    it("in one lane of inline callbacks, however many wait for a key that is missing, the others are sent", async () => {
      const database = await openDatabase();
      const scene = await openScene(() => database.open(firstKey));
      for (let at = 0; at < 5; at += 1) await scene.finishJob({ id: `job_held_${at}`, callback });
      await database.damage(
        `update job set callback_sealed_secret = 'v1.00000000.a.b.c' where id like 'job_held_%'`,
      );
      scene.pass(1);
      const { id } = await scene.finishJob({ callback });
      const lane = await scene.holdLane();
      const claimed: string[] = [];
      for (let look = 0; look < 3; look += 1) {
        for (const { jobId } of await scene.claimDeliveries(lane, 2)) claimed.push(jobId ?? "");
      }
      expect(claimed).toEqual([id]);
      expect(await scene.claimDeliveries(lane, 9)).toEqual([]);
    });
  });
}
