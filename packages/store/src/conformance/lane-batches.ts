// The contract of what a lane's holder brings together: each part as if it had been brought alone.
import { describe, expect, it } from "vitest";
import { makeId, type AttemptRecord, type ClaimedDelivery, type HeldLane } from "@ringback/core";
import { only, openScene, present, tenantId, type OpenStore, type Scene } from "./scene.ts";

function recordOf(scene: Scene, lane: HeldLane, claimed: ClaimedDelivery): AttemptRecord {
  return {
    lane,
    deliveryId: claimed.id,
    attemptId: makeId("att", scene.now(), scene.random),
    n: claimed.attempt,
    startedAt: scene.now(),
    durationMs: 5,
    url: claimed.url,
    request: null,
    response: null,
    ended: { outcome: "delivered", code: "ok", retryAfterMs: null },
    detail: null,
    peerAddress: null,
    policy: claimed.policy,
  };
}

export function describeLaneBatches(openStore: OpenStore): void {
  describe("lane batches", () => {
    it("a claim that is brought with records does not see what they are about, and the lane's due time is right", async () => {
      const scene = await openScene(openStore);
      for (let at = 0; at < 3; at += 1) await scene.finishJob();
      const lane = await scene.holdLane();
      const [first] = await scene.claimDeliveries(lane, 1);
      const [failed, claimed] = await Promise.all([
        scene.record(lane, present(first), { code: "http_5xx", status: 500 }),
        scene.claimDeliveries(lane, 1),
      ]);
      expect(failed).toBe("recorded");
      expect(only(claimed).id).not.toBe(present(first).id);
      const rest = await scene.claimDeliveries(lane);
      expect(rest).toHaveLength(1);
      await scene.record(lane, only(claimed));
      await scene.record(lane, only(rest));
      const { dueAt } = await scene.getDelivery(present(first).id);
      const due = await scene.store.due(scene.now(), 9);
      expect(due).toMatchObject({ lanes: [], nextLaneAt: null });
      await scene.store.lanes.release([lane], scene.now());
      expect(await scene.store.due(scene.now(), 9)).toMatchObject({ lanes: [], nextLaneAt: dueAt });
    });

    it("nothing more is claimed of an endpoint that a record of the same moment has found gone", async () => {
      const scene = await openScene(openStore);
      await scene.createEndpoint({ events: ["job.*"] });
      await scene.finishJob({ callback: null });
      await scene.finishJob({ callback: null });
      const lane = await scene.holdLane();
      const [first] = await scene.claimDeliveries(lane, 1);
      const [gone, claimed] = await Promise.all([
        scene.record(lane, present(first), { code: "gone", status: 410 }),
        scene.claimDeliveries(lane),
      ]);
      expect([gone, claimed]).toEqual(["recorded", []]);
    });

    it("two deliveries of one job that end together are both counted, and each is a version", async () => {
      const scene = await openScene(openStore);
      const callback = { url: "https://example.com/hook", headers: {}, secret: null };
      const job = await scene.finishJob({
        callback: { ...callback, events: ["job.started", "job.succeeded"] },
      });
      const lane = await scene.holdLane();
      const claimed = await scene.claimDeliveries(lane);
      expect(claimed).toHaveLength(2);
      const items = claimed.map((one) => recordOf(scene, lane, one));
      expect(await scene.store.lanes.recordAttempts(items, scene.now())).toEqual(["recorded", "recorded"]);
      const after = await scene.getJob(job.id);
      expect(after.callback?.deliveries).toEqual({ pending: 0, delivered: 2, dead: 0, canceled: 0 });
      expect(after.version).toBe(job.version + 2);
    });

    it("an attempt is kept with when it was begun, which may be after its claim", async () => {
      const scene = await openScene(openStore);
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      scene.pass(40);
      const record = recordOf(scene, lane, claimed);
      expect(await scene.store.lanes.recordAttempts([record], scene.now())).toEqual(["recorded"]);
      const read = present(await scene.store.reads.getDelivery(tenantId, claimed.id));
      expect(only(read.attempts).startedAt).toBe(claimed.startedAt + 40);
    });

    it("of records of the same attempt in one call the first is kept, and those of other lanes are judged by theirs", async () => {
      const scene = await openScene(openStore);
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      const mine = recordOf(scene, lane, claimed);
      const items = [
        { ...mine, lane: { ...lane, token: lane.token + 1 } },
        mine,
        { ...mine, lane: { ...lane, laneId: "https://elsewhere.example" } },
        recordOf(scene, lane, claimed),
        { ...mine, deliveryId: makeId("dlv", scene.now(), scene.random) },
      ];
      const answers = await scene.store.lanes.recordAttempts(items, scene.now());
      expect(answers).toEqual(["lost", "recorded", "lost", "lost", "lost"]);
      const read = await scene.store.reads.getDelivery(tenantId, claimed.id);
      expect(read?.attempts).toHaveLength(1);
    });

    it("a mixed batch of outcomes leaves each delivery as its own outcome says", async () => {
      const scene = await openScene(openStore);
      for (let at = 0; at < 4; at += 1) await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = await scene.claimDeliveries(lane);
      const codes = ["ok", "http_5xx", "gone", "ok"] as const;
      const items = claimed.map((one, at): AttemptRecord => {
        const code = present(codes[at]);
        const outcome = code === "ok" ? "delivered" : "failed";
        return { ...recordOf(scene, lane, one), ended: { outcome, code, retryAfterMs: null } };
      });
      await scene.store.lanes.recordAttempts(items, scene.now());
      const read = await Promise.all(claimed.map(({ id }) => scene.getDelivery(id)));
      expect(read.map(({ status, code }) => [status, code])).toEqual([
        ["delivered", "ok"],
        ["pending", "http_5xx"],
        ["dead", "gone"],
        ["delivered", "ok"],
      ]);
      expect(await scene.claimDeliveries(lane)).toEqual([]);
    });
  });
}
