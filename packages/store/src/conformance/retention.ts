// What retention promises: what is over leaves when its time has come, what is owed never does, and the feed says how far back it goes.
import { beforeEach, describe, expect, it } from "vitest";
import type { Delivery, Event } from "@ringback/core";
import {
  feedOf,
  leaseMs,
  only,
  openScene,
  otherTenantId,
  present,
  tenantId,
  type Ending,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const hourMs = 3_600_000;
const retention = {
  eventsMs: 3 * hourMs,
  deliveriesMs: 2 * hourMs,
  deadLettersMs: 5 * hourMs,
  tombstonesMs: 9e12,
  attemptBodiesMs: 9e12,
  replaysMs: 9e12,
};

/** Jobs whose own time is not over in these stories. */
const longLived = { resultTtlMs: 9e12 };

/** The verbs of these stories. */
function storiesOf(scene: Scene) {
  const { store } = scene;

  /** Expires in batches of this many rows until nothing is left; how many batches that took. */
  async function expireAll(limit = 500): Promise<number> {
    for (let batches = 1; ; batches += 1) {
      if ((await store.expire({ now: scene.now(), limit, retention })) < limit) return batches;
    }
  }

  /** A job whose delivery has ended like this; what is left of it, by its id. */
  async function ended(ending: Ending = {}): Promise<Delivery> {
    const { id: jobId } = await scene.finishJob(longLived);
    const lane = await scene.holdLane();
    await scene.record(lane, only(await scene.claimDeliveries(lane)), ending);
    await store.lanes.release([lane], scene.now());
    return deliveryOf(jobId);
  }

  async function deliveryOf(jobId: string): Promise<Delivery> {
    return only((await store.reads.listDeliveries(tenantId, { jobId }, { after: null, limit: 9 })).items);
  }

  const getDelivery = (id: string) => store.reads.getDelivery(tenantId, id);
  const eventOf = async (jobId: string | null): Promise<Event | undefined> =>
    (await store.reads.listJobEvents(tenantId, present(jobId), { after: 0, limit: 9 })).at(0);
  return { expireAll, ended, deliveryOf, getDelivery, eventOf };
}

export function describeRetention(openStore: OpenStore): void {
  describe("retention", () => {
    let scene: Scene;
    let stories: ReturnType<typeof storiesOf>;
    beforeEach(async () => {
      scene = await openScene(openStore);
      stories = storiesOf(scene);
    });
    const redeliver = async (deliveryId: string) =>
      only(await scene.store.support.redeliver([{ tenantId, deliveryId }], scene.now()));

    it("a delivered delivery leaves with its attempts when its time is over, and not a moment before", async () => {
      const { id, jobId } = await stories.ended();
      const job = await scene.getJob(present(jobId));
      scene.pass(retention.deliveriesMs - 1);
      await stories.expireAll();
      expect(present(await stories.getDelivery(id)).attempts).toHaveLength(1);
      scene.pass(1);
      await stories.expireAll();
      expect(await stories.getDelivery(id)).toBeNull();
      // What the job counts is history, and stays.
      expect(await scene.getJob(job.id)).toEqual(job);
      expect(job.callback?.deliveries.delivered).toBe(1);
    });

    it("what was given up stays with its dead letter for the time of dead letters", async () => {
      const { id } = await stories.ended({ code: "no_retry", status: 400 });
      scene.pass(retention.deadLettersMs - 1);
      await stories.expireAll();
      expect(await scene.store.reads.getDeadLetter(tenantId, id)).not.toBeNull();
      expect(present(await stories.getDelivery(id)).attempts).toHaveLength(1);
      scene.pass(1);
      await stories.expireAll();
      expect(await scene.store.reads.getDeadLetter(tenantId, id)).toBeNull();
      expect(await stories.getDelivery(id)).toBeNull();
      const letters = await scene.store.reads.listDeadLetters(tenantId, {}, { after: null, limit: 9 });
      expect(letters.items).toEqual([]);
    });

    it("a resolved dead letter leaves with its delivery, that long after it was delivered", async () => {
      const { id } = await stories.ended({ code: "no_retry", status: 400 });
      scene.pass(retention.deadLettersMs - 1);
      await redeliver(id);
      const lane = await scene.holdLane();
      await scene.record(lane, only(await scene.claimDeliveries(lane)));
      scene.pass(retention.deliveriesMs - 1);
      await stories.expireAll();
      const letter = present(await scene.store.reads.getDeadLetter(tenantId, id));
      expect(letter.deadLetter.resolvedAt).not.toBeNull();
      expect(letter.attempts).toHaveLength(2);
      scene.pass(1);
      await stories.expireAll();
      expect(await scene.store.reads.getDeadLetter(tenantId, id)).toBeNull();
      expect(await stories.getDelivery(id)).toBeNull();
    });

    it("one that died again counts from its last death", async () => {
      const { id } = await stories.ended({ code: "no_retry", status: 400 });
      scene.pass(retention.deadLettersMs - 1);
      await redeliver(id);
      const lane = await scene.holdLane();
      await scene.record(lane, only(await scene.claimDeliveries(lane)), { code: "no_retry", status: 400 });
      scene.pass(retention.deadLettersMs - 1);
      await stories.expireAll();
      expect(present(await scene.store.reads.getDeadLetter(tenantId, id)).attempts).toHaveLength(2);
      scene.pass(1);
      await stories.expireAll();
      expect(await scene.store.reads.getDeadLetter(tenantId, id)).toBeNull();
    });

    it("G2 what is still owed stays whatever its age, with its event: pending, in flight, held by a pause, redelivered", async () => {
      const { id: endpointId } = await scene.createEndpoint({ events: ["job.canceled"] });
      const paused = { status: "paused", reason: "operator" } as const;
      await scene.store.support.setEndpointStatus({ tenantId, endpointId }, paused, scene.now());
      const canceled = await scene.submit({ callback: null });
      await scene.store.intake.cancelJobs([{ tenantId, jobId: canceled.id }], scene.now());
      const held = await stories.deliveryOf(canceled.id);
      const dead = await stories.ended({ code: "no_retry", status: 400 });
      await redeliver(dead.id);
      const pending = await stories.deliveryOf((await scene.finishJob()).id);
      const inFlight = await stories.deliveryOf((await scene.finishJob()).id);
      const lane = await scene.holdLane();
      const claimed = await scene.claimDeliveries(lane);
      expect(claimed.map(({ id }) => id)).toContain(inFlight.id);
      scene.pass(1_000 * hourMs);
      await stories.expireAll();
      for (const { id } of [held, dead, pending, inFlight]) {
        const found = present(await stories.getDelivery(id)).delivery;
        expect(found.status).toBe("pending");
        expect(await stories.eventOf(found.jobId)).toMatchObject({ id: found.eventId });
      }
      expect(await scene.store.reads.getDeadLetter(tenantId, dead.id)).not.toBeNull();
      // They can be sent: their events are there, byte for byte.
      await scene.store.recover({ now: scene.now() });
      const again = await scene.claimDeliveries(await scene.holdLane());
      expect(again.map(({ id }) => id).toSorted()).toEqual([dead.id, pending.id, inFlight.id].toSorted());
      expect(again.every(({ body }) => body.includes('"type":"job.succeeded"'))).toBe(true);
    });

    it("an event leaves when its time is over, and the feed begins behind it", async () => {
      const { id: first } = await scene.finishJob({ callback: null });
      scene.pass(1);
      const { id: second } = await scene.finishJob({ callback: null });
      const [one, two] = await feedOf(scene.store);
      scene.pass(retention.eventsMs - 2);
      await stories.expireAll();
      expect(await feedOf(scene.store)).toHaveLength(2);
      scene.pass(1);
      await stories.expireAll();
      expect(await stories.eventOf(first)).toBeUndefined();
      expect(await stories.eventOf(second)).toEqual(two);
      // From the beginning, and from the very last position that has lost nothing.
      expect(await feedOf(scene.store)).toEqual([two]);
      expect(await feedOf(scene.store, present(one).seq)).toEqual([two]);
      const expired = await scene.store.reads.readFeed(tenantId, { after: 0, limit: 9 });
      expect(expired).toEqual({ kind: "expired", until: present(one).createdAt });
    });

    it("G9 a feed that was emptied goes on behind what it has told, with positions never given before", async () => {
      await scene.finishJob({ callback: null });
      await scene.finishJob({ callback: null });
      const told = await feedOf(scene.store);
      const last = present(told.at(-1)).seq;
      scene.pass(retention.eventsMs);
      await stories.expireAll();
      const empty = await scene.store.reads.readFeed(tenantId, { after: null, limit: 9 });
      expect(empty).toEqual({ kind: "read", after: last, events: [] });
      expect(await scene.store.reads.feedHead(tenantId)).toBe(last);
      await scene.finishJob({ callback: null });
      const next = only(await feedOf(scene.store, last));
      expect(next.seq).toBeGreaterThan(last);
      expect(await feedOf(scene.store)).toEqual([next]);
      expect(await scene.store.reads.feedHead(tenantId)).toBe(next.seq);
    });

    it("an event that a delivery needs leaves the feed in its turn, and the store with the last of its deliveries", async () => {
      const { id: endpointId } = await scene.createEndpoint({ events: ["job.succeeded"] });
      const paused = { status: "paused", reason: "operator" } as const;
      await scene.store.support.setEndpointStatus({ tenantId, endpointId }, paused, scene.now());
      const { id: jobId } = await scene.finishJob();
      const first = await scene.holdLane();
      await scene.record(first, only(await scene.claimDeliveries(first)));
      await scene.store.lanes.release([first], scene.now());
      await scene.finishJob({ callback: null });
      scene.pass(retention.eventsMs);
      await stories.expireAll();
      expect(await feedOf(scene.store)).toEqual([]);
      expect(await stories.eventOf(jobId)).toBeDefined();
      const active = { status: "active", reason: null } as const;
      await scene.store.support.setEndpointStatus({ tenantId, endpointId }, active, scene.now());
      const lane = await scene.holdLane();
      for (const claimed of await scene.claimDeliveries(lane)) await scene.record(lane, claimed);
      scene.pass(retention.deliveriesMs - 1);
      await stories.expireAll();
      expect(await stories.eventOf(jobId)).toBeDefined();
      scene.pass(1);
      await stories.expireAll();
      expect(await stories.eventOf(jobId)).toBeUndefined();
    });

    it("an event whose deliveries are gone stays in the feed for its own time", async () => {
      const { id, jobId } = await stories.ended();
      scene.pass(retention.deliveriesMs);
      await stories.expireAll();
      expect(await stories.getDelivery(id)).toBeNull();
      expect(only(await feedOf(scene.store)).jobId).toBe(jobId);
    });

    it("one tenant's floor is not another's", async () => {
      const theirs = { tenantId: otherTenantId, callback: null };
      await scene.submit(theirs);
      await scene.endRun(only(await scene.claimRuns()));
      scene.pass(retention.eventsMs);
      await scene.finishJob({ callback: null });
      await stories.expireAll();
      const read = (whose: string) => scene.store.reads.readFeed(whose, { after: 0, limit: 9 });
      expect(await read(otherTenantId)).toMatchObject({ kind: "expired" });
      expect(await read(tenantId)).toMatchObject({ kind: "read", events: [{ type: "job.succeeded" }] });
    });

    it("a wall clock that once ran ahead holds back what was told after it, and nothing leaves from the middle", async () => {
      scene.pass(10 * hourMs);
      await scene.finishJob({ callback: null });
      scene.pass(-10 * hourMs);
      await scene.finishJob({ callback: null });
      scene.pass(retention.eventsMs);
      await stories.expireAll();
      expect(await feedOf(scene.store, 0)).toHaveLength(2);
      scene.pass(10 * hourMs);
      await stories.expireAll();
      expect(await feedOf(scene.store)).toEqual([]);
    });

    it("F56 goes in batches of about the limit, each of which gets on, however much must stay", async () => {
      for (let at = 0; at < 6; at += 1) await stories.ended();
      for (let at = 0; at < 4; at += 1) await scene.finishJob(longLived);
      for (let at = 0; at < 3; at += 1) await scene.finishJob({ ...longLived, callback: null });
      scene.pass(1_000 * hourMs);
      // 6 deliveries with an attempt each, then 13 events, of which 4 are needed and passed.
      const left: number[] = [];
      for (let rows = 4; rows >= 4;) {
        rows = await scene.store.expire({ now: scene.now(), limit: 4, retention });
        left.push(rows);
      }
      expect(left.slice(0, -1).every((rows) => rows === 4)).toBe(true);
      expect(left.reduce((sum, rows) => sum + rows, 0)).toBe(12 + 13);
      expect(await scene.store.expire({ now: scene.now(), limit: 4, retention })).toBe(0);
      const { items } = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 99 });
      expect(items.map(({ status }) => status)).toEqual(Array(4).fill("pending"));
    });

    it("one delivery with more attempts than the limit leaves whole", async () => {
      const { id } = await stories.ended({ code: "http_5xx", policy: [0, 0, 0, 0] });
      for (let attempt = 2; attempt <= 5; attempt += 1) {
        const lane = await scene.holdLane();
        const claimed = only(await scene.claimDeliveries(lane));
        await scene.record(lane, claimed, attempt < 5 ? { code: "http_5xx", policy: [0, 0, 0, 0] } : {});
        await scene.store.lanes.release([lane], scene.now());
      }
      expect(present(await stories.getDelivery(id)).attempts).toHaveLength(5);
      scene.pass(retention.deliveriesMs);
      expect(await scene.store.expire({ now: scene.now(), limit: 2, retention })).toBe(6);
      expect(await stories.getDelivery(id)).toBeNull();
    });

    it("bodies that receivers answered with are erased when their time is over, those of what is owed when it has ended", async () => {
      const bodies = async (id: string): Promise<(string | undefined)[]> =>
        present(await stories.getDelivery(id)).attempts.map(({ response }) =>
          response === null ? undefined : Buffer.from(response.body).toString(),
        );
      const early = await stories.ended({ code: "no_retry", status: 400 });
      const alike = await stories.ended({ code: "no_retry", status: 400 });
      const owed = await stories.ended({ code: "http_5xx", status: 500, policy: [9e9] });
      scene.pass(hourMs);
      const late = await stories.ended({ code: "no_retry", status: 400 });
      const expire = () =>
        scene.store.expire({
          now: scene.now(),
          limit: 500,
          retention: { ...retention, attemptBodiesMs: hourMs },
        });
      await expire();
      expect(await Promise.all([early, alike, owed, late].map(({ id }) => bodies(id)))).toEqual([
        [""],
        [""],
        ["no"],
        ["no"],
      ]);
      const [erased] = present(await stories.getDelivery(early.id)).attempts;
      expect(erased?.response).toMatchObject({ status: 400, truncated: true });
      scene.pass(hourMs);
      // One that is redelivered is come to again.
      await redeliver(early.id);
      const lane = await scene.holdLane();
      await scene.record(lane, only(await scene.claimDeliveries(lane)), { code: "no_retry", status: 400 });
      await scene.store.lanes.release([lane], scene.now());
      await expire();
      expect([await bodies(early.id), await bodies(late.id)]).toEqual([["", "no"], [""]]);
      scene.pass(hourMs);
      await expire();
      expect(await bodies(early.id)).toEqual(["", ""]);
      expect(await expire()).toBe(0);
    });

    it("bodies are erased in batches that leave nothing out, however many ended at one moment", async () => {
      const deliveries: Delivery[] = [];
      for (let at = 0; at < 120; at += 1)
        deliveries.push(await stories.ended({ code: "no_retry", status: 400 }));
      scene.pass(hourMs);
      const over = { now: scene.now(), limit: 10, retention: { ...retention, attemptBodiesMs: hourMs } };
      while ((await scene.store.expire(over)) >= 10);
      for (const { id } of deliveries) {
        expect(present(await stories.getDelivery(id)).attempts[0]?.response?.body).toHaveLength(0);
      }
    });

    it("a replay leaves with its items when its time is over, in batches of the limit", async () => {
      const { replays, reads } = scene.store;
      const act = { by: null, reason: null };
      for (let at = 0; at < 5; at += 1) await stories.ended({ code: "no_retry", status: 400 });
      const plan = { filter: {}, ratePerSecond: 1, order: "oldest", stopAfterFailureRatio: null } as const;
      const replay = { ...plan, reason: "why", tenantId, id: "rpl_1" };
      await replays.create(replay, scene.now(), act);
      const [held] = await replays.claim({
        holder: "h",
        limit: 1,
        now: scene.now(),
        leaseMs,
        soleHolder: false,
      });
      await replays.step(present(held), { now: scene.now(), leaseMs, limit: 100 });
      const over = { ...retention, deadLettersMs: 9e12, replaysMs: hourMs };
      scene.pass(hourMs);
      expect(await scene.store.expire({ now: scene.now(), limit: 500, retention: over })).toBe(0);
      await replays.change({ tenantId, replayId: "rpl_1" }, "cancel", scene.now(), act);
      scene.pass(hourMs);
      const rows: number[] = [];
      for (let at = 0; at < 4; at += 1) {
        rows.push(await scene.store.expire({ now: scene.now(), limit: 2, retention: over }));
      }
      expect(rows).toEqual([2, 2, 2, 0]);
      expect(await reads.getReplay(tenantId, "rpl_1")).toBeNull();
    });

    it("a delivery is read whole or not at all while it is being deleted", async () => {
      const ids: string[] = [];
      for (let at = 0; at < 10; at += 1) {
        ids.push((await stories.ended(at % 2 === 0 ? {} : { code: "no_retry", status: 400 })).id);
      }
      scene.pass(retention.deadLettersMs);
      const reads = ids.flatMap((id) => [
        stories.getDelivery(id),
        scene.store.reads.getDeadLetter(tenantId, id),
      ]);
      const [found] = await Promise.all([Promise.all(reads), stories.expireAll(3)]);
      for (const read of found) if (read !== null) expect(read.attempts).toHaveLength(1);
      expect(await Promise.all(ids.map(stories.getDelivery))).toEqual(ids.map(() => null));
    });

    it("a redelivery that comes after it finds nothing; one that came before it is sent", async () => {
      const early = await stories.ended();
      const late = await stories.ended();
      scene.pass(retention.deliveriesMs);
      expect(await redeliver(early.id)).toMatchObject({ status: "pending" });
      await stories.expireAll();
      expect(await redeliver(late.id)).toBeNull();
      const claimed = await scene.store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs });
      expect((await scene.claimDeliveries(only(claimed))).map(({ id }) => id)).toEqual([early.id]);
    });
  });
}
