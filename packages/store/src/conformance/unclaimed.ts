// What becomes of claims whose attempts were never begun.
import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimedDeliveries, ClaimedDelivery, HeldLane } from "@ringback/core";
import { only, openScene, present, retention, tenantId, type OpenStore, type Scene } from "./scene.ts";

export function describeUnclaimed(openStore: OpenStore): void {
  describe("claims that are taken back", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    const takeBack = (lane: HeldLane, ...claimed: readonly ClaimedDelivery[]) =>
      scene.store.lanes.unclaimDeliveries(
        lane,
        claimed.map(({ id, attempt, startedAt }) => ({ deliveryId: id, n: attempt, startedAt })),
        scene.now(),
      );

    it("are due as they were, with no attempt, for whoever holds the lane and after it", async () => {
      for (let made = 0; made < 3; made += 1) {
        await scene.finishJob();
        scene.pass(10);
      }
      const lane = await scene.holdLane();
      const [first, second, third] = await scene.claimDeliveries(lane);
      const before = await scene.getDelivery(present(second).id);
      scene.takeRings();
      expect(await takeBack(lane, present(second), present(third))).toEqual(["unclaimed", "unclaimed"]);
      const { delivery, attempts } = present(
        await scene.store.reads.getDelivery(tenantId, present(second).id),
      );
      expect(attempts).toEqual([]);
      expect(delivery).toEqual({ ...before, attemptStartedAt: null });
      expect(scene.takeRings()).toEqual([]);
      expect((await scene.claimDeliveries(lane, 1)).map(({ id, attempt }) => [id, attempt])).toEqual([
        [present(second).id, 1],
      ]);
      expect(await scene.record(lane, present(first))).toBe("recorded");
      expect(await scene.record(lane, present(second))).toBe("recorded");
      expect(await scene.store.due(scene.now(), 9)).toMatchObject({ lanes: [] });
      await scene.store.lanes.release([lane], scene.now());
      expect(scene.takeRings()).toContainEqual({
        kind: "lane",
        tenantId,
        laneId: lane.laneId,
        at: (await scene.getDelivery(present(third).id)).dueAt,
      });
      expect(only(await scene.claimDeliveries(await scene.holdLane())).id).toBe(present(third).id);
    });

    it("are due at once, by hand, when they were to be redelivered meanwhile", async () => {
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      await scene.store.support.redeliver([{ tenantId, deliveryId: claimed.id }], scene.now());
      scene.pass(500);
      expect(await takeBack(lane, claimed)).toEqual(["unclaimed"]);
      expect(await scene.getDelivery(claimed.id)).toMatchObject({
        status: "pending",
        dueAt: scene.now(),
        attemptStartedAt: null,
      });
      const again = only(await scene.claimDeliveries(lane));
      expect([again.attempt, again.trigger]).toEqual([1, "manual"]);
    });

    it("are taken back once, by who holds the lane, and not when their attempt has been recorded", async () => {
      for (let made = 0; made < 2; made += 1) await scene.finishJob();
      const lane = await scene.holdLane();
      const [ended, waiting] = await scene.claimDeliveries(lane);
      await scene.record(lane, present(ended));
      const foreign = { ...lane, token: lane.token + 1 };
      const elsewhere = { ...lane, laneId: "https://elsewhere.example" };
      expect(await takeBack(foreign, present(waiting))).toEqual(["lost"]);
      expect(await takeBack(elsewhere, present(waiting))).toEqual(["lost"]);
      const later = { ...present(waiting), attempt: 2 };
      const earlier = { ...present(waiting), startedAt: scene.now() - 1 };
      const unknown = { ...present(waiting), id: "dlv_unknown" };
      const others = await takeBack(lane, present(ended), later, earlier, unknown);
      expect(others).toEqual(["lost", "lost", "lost", "lost"]);
      expect(await takeBack(lane, present(waiting), present(waiting))).toEqual(["unclaimed", "lost"]);
      expect(await scene.record(lane, present(waiting))).toBe("lost");
      expect(await takeBack(lane)).toEqual([]);
    });

    it("are asked for by a pace: that of a lane that was paused meanwhile", async () => {
      const { id: endpointId } = await scene.createEndpoint({ events: ["job.succeeded"] });
      await scene.finishJob({ callback: null });
      const lane = await scene.holdLane();
      const claim = (): Promise<ClaimedDeliveries> =>
        scene.store.lanes.claimDeliveries(lane, { now: scene.now(), limit: 5 });
      expect(await claim()).toMatchObject({ kind: "claimed", pace: null });
      const paused = { status: "paused", reason: "operator" } as const;
      await scene.store.support.setEndpointStatus({ tenantId, endpointId }, paused, scene.now());
      const pace = { maxInFlight: null, ratePerSecond: null, ordered: false, notBefore: null };
      expect(await claim()).toMatchObject({ kind: "claimed", deliveries: [], pace });
    });

    it("of a receiver that was deleted meanwhile are canceled with the rest", async () => {
      const { id: endpointId } = await scene.createEndpoint({ events: ["job.succeeded"] });
      await scene.finishJob({ callback: null });
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      await scene.store.support.deleteEndpoint({ tenantId, endpointId }, scene.now());
      expect(await takeBack(lane, claimed)).toEqual(["unclaimed"]);
      await scene.store.lanes.release([lane], scene.now());
      await scene.store.expire({ now: scene.now(), limit: 10, retention });
      expect(await scene.getDelivery(claimed.id)).toMatchObject({ status: "canceled" });
    });
  });
}
