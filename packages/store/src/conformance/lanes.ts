// What lanes promise: one holder at a time, everything owed to the receiver in order of its due time, nothing lost.
import { beforeEach, describe, expect, it } from "vitest";
import { defaultRetryPolicy } from "@ringback/core";
import {
  callbackSecret,
  feedOf,
  holder,
  leaseMs,
  only,
  openScene,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const origin = "https://example.com";

export function describeLanes(openStore: OpenStore): void {
  describe("lanes", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    it("an inline callback's lane is its origin, and it is rung when something is owed to it", async () => {
      await scene.finishJob();
      expect(scene.takeRings()).toContainEqual({ kind: "lane", tenantId, laneId: origin, at: scene.now() });
      expect(await scene.holdLane()).toEqual({ tenantId, laneId: origin, token: 1 });
    });

    it("a held lane is nobody else's until it is released; then its token has grown", async () => {
      await scene.finishJob();
      const lane = await scene.holdLane();
      const again = { holder: "process-2", limit: 5, now: scene.now(), leaseMs };
      expect(await scene.store.lanes.claim(again)).toEqual([]);
      expect(await scene.store.lanes.claim({ ...again, only: [lane] })).toEqual([]);
      await scene.store.lanes.release([lane], scene.now());
      expect(await scene.store.lanes.claim({ ...again, only: [lane] })).toEqual([{ ...lane, token: 2 }]);
    });

    it("a lane with nothing due is not claimed, by name or otherwise", async () => {
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      await scene.record(lane, claimed, { code: "http_5xx" });
      await scene.store.lanes.release([lane], scene.now());
      const ask = { holder, limit: 5, leaseMs, only: [lane] };
      expect(await scene.store.lanes.claim({ ...ask, now: scene.now() })).toEqual([]);
      const { dueAt } = await scene.getDelivery(claimed.id);
      expect(scene.takeRings().at(-1)).toEqual({ kind: "lane", tenantId, laneId: origin, at: dueAt });
      expect(await scene.store.lanes.claim({ ...ask, now: dueAt ?? 0 })).toHaveLength(1);
    });

    it("a lane that waits for a retry is due at once when something new is owed to it", async () => {
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      await scene.record(lane, claimed, { code: "http_5xx" });
      await scene.store.lanes.release([lane], scene.now());
      await scene.finishJob();
      const again = await scene.claimDeliveries(await scene.holdLane());
      expect(only(again).id).not.toBe(claimed.id);
    });

    it("as many lanes are claimed as asked for, those that have waited longest first", async () => {
      const callbackTo = (host: string) => ({
        callback: { url: `https://${host}/`, events: ["job.*"], headers: {}, secret: null },
      });
      for (const host of ["a.example", "b.example", "c.example"]) {
        const receiver = { origin: `https://${host}`, host };
        await scene.store.intake.acceptJobs([scene.acceptance(callbackTo(host), { receiver })], scene.now());
        scene.pass(10);
      }
      const held = await scene.store.lanes.claim({ holder, limit: 2, now: scene.now(), leaseMs });
      expect(held.map(({ laneId }) => laneId)).toEqual(["https://a.example", "https://b.example"]);
      const due = await scene.store.due(scene.now(), 10);
      expect(due.lanes).toEqual([{ tenantId, laneId: "https://c.example", since: scene.now() - 10 }]);
    });

    it("a claimed delivery carries all that is needed to send it", async () => {
      const secret = "whsec_dGhlIGpvYidzIG93biBzZWNyZXQ=";
      const headers = { authorization: "Bearer receiver" };
      const url = "https://example.com/done?token=t";
      await scene.finishJob({
        callback: { url, events: ["job.succeeded"], headers, secret },
        traceparent: "00-1-2-01",
      });
      const claimed = only(await scene.claimDeliveries(await scene.holdLane()));
      const [event] = await feedOf(scene.store, 0, 1);
      expect(claimed).toMatchObject({ eventId: event?.id, body: event?.body, eventType: "job.succeeded" });
      expect(claimed).toMatchObject({ url, headers, secrets: [secret], traceparent: "00-1-2-01" });
      expect(claimed).toMatchObject({
        attempt: 1,
        trigger: "auto",
        startedAt: scene.now(),
        endpointId: null,
      });
      expect(claimed).toMatchObject({ policy: defaultRetryPolicy, timeoutMs: 15_000 });
    });

    it("an endpoint's delivery is sent as the endpoint is configured, with its own secret", async () => {
      const over = { headers: { "x-a": "1" }, retry: [1_000, 2_000], timeoutMs: 3_000 };
      const { id, url } = await scene.createEndpoint({ ...over, events: ["job.succeeded"] });
      await scene.finishJob({ callback: null });
      const claimed = only(await scene.claimDeliveries(await scene.holdLane()));
      expect(claimed).toMatchObject({ endpointId: id, url, headers: over.headers, policy: over.retry });
      expect(claimed).toMatchObject({ timeoutMs: 3_000 });
      expect(only(claimed.secrets)).toMatch(/^whsec_YW4g/);
    });

    it("F114 within the overlap of a rotation both secrets sign, the newest first; after it the newest alone", async () => {
      const rotation = { secret: "whsec_bmV3", overlapUntil: scene.now() + 1_000, now: scene.now() };
      await scene.store.tenants.rotateCallbackSecret(tenantId, rotation);
      await scene.finishJob();
      await scene.finishJob();
      const lane = await scene.holdLane();
      const [first] = await scene.claimDeliveries(lane, 1);
      expect(first?.secrets).toEqual(["whsec_bmV3", callbackSecret]);
      scene.pass(1_000);
      const [second] = await scene.claimDeliveries(lane, 1);
      expect(second?.secrets).toEqual(["whsec_bmV3"]);
    });

    it("deliveries are claimed oldest due first, each once, at most as many as asked for", async () => {
      for (let at = 0; at < 3; at += 1) {
        await scene.finishJob();
        scene.pass(1);
      }
      const lane = await scene.holdLane();
      const first = await scene.claimDeliveries(lane, 2);
      const rest = await scene.claimDeliveries(lane, 2);
      expect(first).toHaveLength(2);
      expect(rest).toHaveLength(1);
      const created = [...first, ...rest].map(({ id }) => id);
      expect(created).toEqual(created.toSorted());
      expect(await scene.claimDeliveries(lane)).toEqual([]);
      expect((await scene.getDelivery(only(rest).id)).attemptStartedAt).toBe(scene.now());
    });

    it("new deliveries of a held lane ring it, and its holder gets them", async () => {
      await scene.finishJob();
      const lane = await scene.holdLane();
      await scene.claimDeliveries(lane);
      scene.takeRings();
      await scene.finishJob();
      expect(scene.takeRings()).toContainEqual({ kind: "lane", tenantId, laneId: origin, at: scene.now() });
      expect(await scene.claimDeliveries(lane)).toHaveLength(1);
    });

    it("a lane that was lost is closed to its old holder", async () => {
      await scene.finishJob();
      const zombie = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(zombie));
      scene.pass(leaseMs);
      await scene.store.recover({ now: scene.now() });
      await scene.holdLane("process-2");
      const { lanes } = scene.store;
      expect(await lanes.extend([zombie], { now: scene.now(), leaseMs })).toEqual(["lost"]);
      expect(await lanes.claimDeliveries(zombie, { now: scene.now(), limit: 5 })).toEqual({ kind: "lost" });
      expect(await scene.record(zombie, claimed)).toBe("lost");
      await lanes.release([zombie], scene.now());
      expect(await lanes.claim({ holder, limit: 5, now: scene.now(), leaseMs })).toEqual([]);
    });

    it("a lane given back with an attempt in flight has that attempt recorded as unknown, and is due again", async () => {
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      scene.takeRings();
      await scene.store.lanes.release([lane], scene.now());
      const read = await scene.store.reads.getDelivery(tenantId, claimed.id);
      expect(read?.delivery).toMatchObject({ status: "pending", dueAt: scene.now(), attempts: 1 });
      expect(only(read?.attempts ?? [])).toMatchObject({ n: 1, outcome: "outcome_unknown" });
      expect(scene.takeRings()).toEqual([{ kind: "lane", tenantId, laneId: origin, at: scene.now() }]);
    });

    it("a paused endpoint's lane is never due, holds what it is owed, and is rung when it is resumed", async () => {
      const { id } = await scene.createEndpoint({ events: ["job.succeeded"] });
      const key = { tenantId, endpointId: id };
      await scene.finishJob({ callback: null });
      const lane = await scene.holdLane();
      const pause = { status: "paused", reason: "operator" } as const;
      const paused = await scene.store.support.setEndpointStatus(key, pause, scene.now());
      expect(paused).toMatchObject({ status: "paused", pausedReason: "operator" });
      expect(await scene.claimDeliveries(lane)).toEqual([]);
      scene.takeRings();
      await scene.store.support.setEndpointStatus(key, pause, scene.now());
      await scene.store.lanes.release([lane], scene.now());
      expect(scene.takeRings()).toEqual([]);
      await scene.finishJob({ callback: null });
      expect(scene.takeRings().filter(({ kind }) => kind === "lane")).toEqual([]);
      expect((await scene.store.due(scene.now(), 10)).lanes).toEqual([]);
      expect(await scene.store.lanes.claim({ holder, limit: 5, now: scene.now(), leaseMs })).toEqual([]);
      const resume = { status: "active", reason: null } as const;
      await scene.store.support.setEndpointStatus(key, resume, scene.now());
      expect(scene.takeRings()).toEqual([{ kind: "lane", tenantId, laneId: id, at: scene.now() }]);
      expect(await scene.claimDeliveries(await scene.holdLane())).toHaveLength(2);
    });
  });
}
