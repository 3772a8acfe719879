// What damaged rows cost: each its own delivery, never its lane.
import { describe, expect, it } from "vitest";
import type { Ring } from "@ringback/core";
import { only, openScene, present, tenantId, type Scene, type StoreUnderTest } from "./scene.ts";

const canary = "CANARY-damaged";

/** What an adapter provides: an empty store, and a way to write into its tables beside it, as nobody should. */
export interface Damageable {
  readonly underTest: StoreUnderTest;
  /** Runs a statement with foreign keys off. */
  readonly damage: (statement: string) => Promise<void>;
}

export type OpenDamageable = () => Promise<Damageable>;

const secret = "whsec_dGhlIGpvYidzIG93biBzZWNyZXQ=";
const callback = {
  url: "https://example.com/done",
  events: ["job.*"],
  headers: { authorization: canary },
  secret,
};

/** A damaged delivery, and after it a sound one, in the same lane. */
async function oneOfTwo(
  open: OpenDamageable,
  statement: string,
): Promise<{ scene: Scene; damagedId: string; soundId: string }> {
  const { underTest, damage } = await open();
  const scene = await openScene(async () => underTest);
  const events = ["job.succeeded"];
  const damaged = await scene.finishJob({ id: "job_damaged", callback: { ...callback, events } });
  scene.pass(1);
  const sound = await scene.finishJob({ callback: { ...callback, events } });
  await damage(statement);
  const idOf = async (jobId: string): Promise<string> =>
    only((await scene.store.reads.listDeliveries(tenantId, { jobId }, { after: null, limit: 9 })).items).id;
  return { scene, damagedId: await idOf(damaged.id), soundId: await idOf(sound.id) };
}

function isDue(ring: Ring | undefined, scene: Scene): boolean {
  return ring?.kind === "lane" && ring.at <= scene.now();
}

/** `damagedRetries` are what an endpoint's policy can be damaged to, in the dialect's SQL. */
export function describeDamagedRows(open: OpenDamageable, damagedRetries: readonly string[]): void {
  describe("a delivery whose receiver or event cannot be read", () => {
    it.each([
      [
        "a secret that does not open",
        `update job set callback_sealed_secret = 'nonsense' where id = 'job_damaged'`,
        /is not one that Ringback wrote/,
      ],
      [
        "headers that have been altered",
        `update job set callback_sealed_headers = callback_sealed_secret where id = 'job_damaged'`,
        /callback_sealed_headers of job_damaged has been altered/,
      ],
      [
        "an event that is gone",
        `delete from event where job_id = 'job_damaged'`,
        /^Its event is gone, so nothing was sent\.$/,
      ],
      [
        "a callback that is gone",
        `update job set callback_url = null, callback_origin = null, callback_host = null, callback_events = null
         where id = 'job_damaged'`,
        /callback that does not exist/,
      ],
    ])(
      "%s: its attempt is a sender_fault at once, and the others are claimed",
      async (_, statement, detail) => {
        const { scene, damagedId, soundId } = await oneOfTwo(open, statement);
        const lane = await scene.holdLane();
        expect(only(await scene.claimDeliveries(lane)).id).toBe(soundId);
        const read = present(await scene.store.reads.getDelivery(tenantId, damagedId));
        expect(read.delivery).toMatchObject({
          status: "pending",
          attempts: 1,
          attemptStartedAt: null,
          dueAt: scene.now() + 5_000,
          code: "sender_fault",
        });
        const attempt = only(read.attempts);
        expect(attempt).toMatchObject({
          n: 1,
          outcome: "failed",
          code: "sender_fault",
          startedAt: scene.now(),
          durationMs: 0,
          request: null,
          response: null,
          retryAt: scene.now() + 5_000,
        });
        expect(attempt.detail).toContain("so nothing was sent.");
        expect(attempt.detail).toMatch(detail);
        expect(JSON.stringify(read)).not.toContain(canary);
      },
    );

    it("a secret of a master key that is missing holds it without an attempt, 10 s at a time; the others are claimed", async () => {
      const { scene, damagedId, soundId } = await oneOfTwo(
        open,
        `update job set callback_sealed_secret = 'v1.00000000.a.b.c' where id = 'job_damaged'`,
      );
      const lane = await scene.holdLane();
      expect(only(await scene.claimDeliveries(lane)).id).toBe(soundId);
      for (let look = 0; look < 2; look += 1) {
        expect(await scene.claimDeliveries(lane)).toEqual([]);
        scene.pass(10_000);
      }
      const read = present(await scene.store.reads.getDelivery(tenantId, damagedId));
      expect(read.delivery).toMatchObject({ status: "pending", attempts: 0, attemptStartedAt: null });
      expect(read.attempts).toEqual([]);
    });

    it("is retried by the policy, and in the end a dead letter that says why", async () => {
      const { scene, damagedId, soundId } = await oneOfTwo(
        open,
        `update job set callback_sealed_secret = 'nonsense' where id = 'job_damaged'`,
      );
      const lane = await scene.holdLane();
      const sound = only(await scene.claimDeliveries(lane));
      expect(sound.id).toBe(soundId);
      await scene.record(lane, sound);
      for (let attempt = 2; attempt <= 10; attempt += 1) {
        const { dueAt } = await scene.getDelivery(damagedId);
        scene.pass(present(dueAt) - scene.now());
        expect(await scene.claimDeliveries(lane)).toEqual([]);
      }
      expect(await scene.getDelivery(damagedId)).toMatchObject({
        status: "dead",
        attempts: 10,
        attemptsMax: 10,
      });
      const letter = present(await scene.store.reads.getDeadLetter(tenantId, damagedId)).deadLetter;
      expect(letter).toMatchObject({ reason: "sender_fault", diedAt: scene.now() });
      expect(letter.detail).toMatch(/is not one that Ringback wrote/);
    });

    it("the lane is rung for what a claim full of them has left due", async () => {
      const { scene, soundId } = await oneOfTwo(
        open,
        `update job set callback_sealed_secret = 'nonsense' where id = 'job_damaged'`,
      );
      const lane = await scene.holdLane();
      scene.takeRings();
      expect(await scene.claimDeliveries(lane, 1)).toEqual([]);
      const [ring, ...others] = scene.takeRings();
      expect(others).toEqual([]);
      expect(isDue(ring, scene)).toBe(true);
      expect(only(await scene.claimDeliveries(lane, 1)).id).toBe(soundId);
    });

    it.each(damagedRetries)(
      "an endpoint whose settings are damaged (%s) ends as dead letters by the default policy, and recovery goes on",
      async (retry) => {
        const { underTest, damage } = await open();
        const scene = await openScene(async () => underTest);
        const { id } = await scene.createEndpoint({ events: ["job.succeeded"] });
        await scene.finishJob({ callback: null });
        const lane = await scene.holdLane();
        const claimed = only(await scene.claimDeliveries(lane));
        await damage(`update endpoint set retry = ${retry} where id = '${id}'`);
        await scene.store.lanes.release([lane], scene.now());
        expect(await scene.getDelivery(claimed.id)).toMatchObject({ code: "outcome_unknown", attempts: 1 });
        expect(await scene.claimDeliveries(await scene.holdLane())).toEqual([]);
        const read = present(await scene.store.reads.getDelivery(tenantId, claimed.id));
        expect(read.delivery).toMatchObject({
          status: "pending",
          code: "sender_fault",
          attempts: 2,
          attemptsMax: 11,
        });
        expect(read.attempts[1]?.detail).toBe(
          "The receiver cannot be read, so nothing was sent. What is stored about it is damaged.",
        );
      },
    );
  });
}
