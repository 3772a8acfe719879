// What attempts promise: numbered without a gap, retried by the policy, and in the end delivered or a dead letter.
import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimedDelivery, HeldLane } from "@ringback/core";
import {
  holder,
  leaseMs,
  only,
  openScene,
  present,
  tenantId,
  twoAttempts,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const policy = twoAttempts;

export function describeAttempts(openStore: OpenStore): void {
  describe("attempts", () => {
    let scene: Scene;
    let lane: HeldLane;
    let claimed: ClaimedDelivery;
    beforeEach(async () => {
      scene = await openScene(openStore);
      await scene.finishJob();
      lane = await scene.holdLane();
      claimed = only(await scene.claimDeliveries(lane));
      scene.takeRings();
    });
    const counts = async () => present((await scene.getJob(present(claimed.jobId))).callback).deliveries;
    const attempts = async () => present(await scene.store.reads.getDelivery(tenantId, claimed.id)).attempts;
    const die = async () => {
      await scene.record(lane, claimed, { code: "http_5xx", policy });
      scene.pass(1_000);
      claimed = only(await scene.claimDeliveries(lane));
      await scene.record(lane, claimed, { code: "http_5xx", policy, detail: "It answered 500." });
    };

    it("a delivered attempt ends its delivery and is counted on the job", async () => {
      const { version } = await scene.getJob(present(claimed.jobId));
      expect(await scene.record(lane, claimed)).toBe("recorded");
      expect(await scene.getDelivery(claimed.id)).toMatchObject({
        status: "delivered",
        dueAt: null,
        attemptStartedAt: null,
        attempts: 1,
        attemptsMax: 10,
        code: "ok",
        httpStatus: 204,
        finishedAt: scene.now(),
        url: "https://example.com/done",
      });
      expect(await counts()).toEqual({ pending: 0, delivered: 1, dead: 0, canceled: 0 });
      expect((await scene.getJob(present(claimed.jobId))).version).toBe(version + 1);
      expect(scene.takeRings()).toEqual([]);
    });

    it("an attempt is kept whole", async () => {
      scene.pass(12);
      await scene.record(lane, claimed, { code: "http_5xx", detail: "It answered 500." });
      expect(only(await attempts())).toMatchObject({
        n: 1,
        trigger: "auto",
        startedAt: scene.now() - 12,
        durationMs: 12,
        url: "https://example.com/done",
        request: { headers: { "webhook-id": claimed.eventId }, bodyBytes: claimed.body.length },
        response: { status: 500, headers: {}, body: Uint8Array.of(110, 111), truncated: false },
        outcome: "failed",
        code: "http_5xx",
        detail: "It answered 500.",
        peerAddress: "203.0.113.7",
        retryAt: scene.now() + 5_000,
      });
    });

    it("a failed attempt is retried by the schedule with the same event, and rings its lane for then", async () => {
      await scene.record(lane, claimed, { code: "connect_refused" });
      const at = scene.now() + 5_000;
      expect(scene.takeRings()).toEqual([{ kind: "lane", tenantId, laneId: lane.laneId, at }]);
      expect(await scene.claimDeliveries(lane)).toEqual([]);
      scene.pass(5_000);
      const second = only(await scene.claimDeliveries(lane));
      expect(second).toMatchObject({
        id: claimed.id,
        eventId: claimed.eventId,
        body: claimed.body,
        attempt: 2,
      });
      expect((await scene.store.due(scene.now(), 10)).nextLaneAt).toBeNull();
    });

    it("F81 the last failed attempt makes a dead letter with its reason and time", async () => {
      await die();
      expect(await scene.getDelivery(claimed.id)).toMatchObject({
        status: "dead",
        attempts: 2,
        attemptsMax: 2,
      });
      expect(await counts()).toEqual({ pending: 0, delivered: 0, dead: 1, canceled: 0 });
      const letter = await scene.store.reads.getDeadLetter(tenantId, claimed.id);
      expect(letter?.deadLetter).toMatchObject({
        reason: "http_5xx",
        httpStatus: 500,
        detail: "It answered 500.",
        diedAt: scene.now(),
        resolvedAt: null,
        delivery: { id: claimed.id, status: "dead" },
      });
      expect(letter?.attempts.map(({ n }) => n)).toEqual([1, 2]);
      expect(letter?.attempts.map(({ retryAt }) => retryAt !== null)).toEqual([true, false]);
    });

    it("F110 410 ends the delivery and pauses the endpoint", async () => {
      const { id } = await scene.createEndpoint({ events: ["job.succeeded"] });
      await scene.finishJob({ callback: null });
      const endpointLane = only(
        await scene.store.lanes.claim({
          holder,
          limit: 9,
          now: scene.now(),
          leaseMs,
          only: [{ tenantId, laneId: id }],
        }),
      );
      const gone = only(await scene.claimDeliveries(endpointLane));
      await scene.record(endpointLane, gone, { code: "gone", status: 410 });
      expect((await scene.getDelivery(gone.id)).status).toBe("dead");
      const paused = await scene.store.reads.getEndpoint(tenantId, id);
      expect(paused).toMatchObject({ status: "paused", pausedReason: "gone" });
    });

    it("F110 410 leaves the reason of an operator's pause as it is", async () => {
      const { id } = await scene.createEndpoint({ events: ["job.succeeded"] });
      await scene.finishJob({ callback: null });
      const named = { holder, limit: 9, now: scene.now(), leaseMs, only: [{ tenantId, laneId: id }] };
      const endpointLane = only(await scene.store.lanes.claim(named));
      const gone = only(await scene.claimDeliveries(endpointLane));
      const pause = { status: "paused", reason: "operator" } as const;
      await scene.store.support.setEndpointStatus({ tenantId, endpointId: id }, pause, scene.now());
      await scene.record(endpointLane, gone, { code: "gone", status: 410 });
      const paused = await scene.store.reads.getEndpoint(tenantId, id);
      expect(paused).toMatchObject({ status: "paused", pausedReason: "operator" });
    });

    it("410 of an inline callback ends its delivery and pauses nothing", async () => {
      await scene.record(lane, claimed, { code: "gone", status: 410 });
      expect((await scene.getDelivery(claimed.id)).status).toBe("dead");
      await scene.finishJob();
      expect(await scene.claimDeliveries(lane)).toHaveLength(1);
    });

    it("the same attempt is recorded once", async () => {
      expect(await scene.record(lane, claimed)).toBe("recorded");
      expect(await scene.record(lane, claimed)).toBe("lost");
      expect(await attempts()).toHaveLength(1);
    });

    it("the record of an earlier attempt, or by a lane's earlier token, is refused while one is in flight", async () => {
      expect(await scene.record({ ...lane, token: lane.token - 1 }, claimed)).toBe("lost");
      expect(await scene.record({ ...lane, token: lane.token + 1 }, claimed)).toBe("lost");
      expect(await scene.record({ ...lane, laneId: "https://other.example" }, claimed)).toBe("lost");
      await scene.record(lane, claimed, { code: "http_5xx", policy });
      scene.pass(1_000);
      const second = only(await scene.claimDeliveries(lane));
      expect(await scene.record(lane, claimed)).toBe("lost");
      expect(await scene.record(lane, second)).toBe("recorded");
    });

    describe("redelivered", () => {
      const redeliver = async () =>
        present(
          only(await scene.store.support.redeliver([{ tenantId, deliveryId: claimed.id }], scene.now())),
        );
      const next = async (): Promise<ClaimedDelivery> => (claimed = only(await scene.claimDeliveries(lane)));

      it("while pending, it is due now as a manual attempt, and its round goes on", async () => {
        await scene.record(lane, claimed, { code: "http_5xx", policy });
        scene.takeRings();
        expect(await redeliver()).toMatchObject({ status: "pending", dueAt: scene.now() });
        expect(scene.takeRings()).toEqual([{ kind: "lane", tenantId, laneId: lane.laneId, at: scene.now() }]);
        expect(await next()).toMatchObject({ attempt: 2, trigger: "manual" });
        await scene.record(lane, claimed, { code: "http_5xx", policy });
        expect((await scene.getDelivery(claimed.id)).status).toBe("dead");
        expect((await attempts()).map(({ trigger }) => trigger)).toEqual(["auto", "manual"]);
      });

      it("while in flight, it is sent once more after that attempt, whatever came of it", async () => {
        expect(await redeliver()).toMatchObject({ status: "pending", attemptStartedAt: scene.now() });
        expect(await scene.claimDeliveries(lane)).toEqual([]);
        await scene.record(lane, claimed);
        expect(only(await attempts()).retryAt).toBeNull();
        expect(await next()).toMatchObject({ attempt: 2, trigger: "manual" });
        await scene.record(lane, claimed);
        expect(await scene.getDelivery(claimed.id)).toMatchObject({ status: "delivered", attempts: 2 });
        expect(await counts()).toEqual({ pending: 0, delivered: 1, dead: 0, canceled: 0 });
      });

      it("when delivered, it is sent again with the same webhook-id in a new round", async () => {
        const { eventId } = claimed;
        await scene.record(lane, claimed);
        expect(await redeliver()).toMatchObject({ status: "pending", finishedAt: null, attempts: 1 });
        expect(await counts()).toEqual({ pending: 1, delivered: 0, dead: 0, canceled: 0 });
        expect(await next()).toMatchObject({ eventId, attempt: 2, trigger: "manual" });
        await scene.record(lane, claimed, { code: "http_5xx", policy });
        expect((await scene.getDelivery(claimed.id)).status).toBe("pending");
      });

      it("when dead, it begins a new round, and its dead letter is resolved only when it is delivered", async () => {
        await die();
        const letter = async () =>
          present(await scene.store.reads.getDeadLetter(tenantId, claimed.id)).deadLetter;
        const unresolved = async () =>
          (await scene.store.reads.listDeadLetters(tenantId, {}, { after: null, limit: 9 })).items.length;
        await redeliver();
        expect(await letter()).toMatchObject({ resolvedAt: null, delivery: { status: "pending" } });
        expect(await unresolved()).toBe(1);
        expect(await counts()).toEqual({ pending: 1, delivered: 0, dead: 0, canceled: 0 });
        await next();
        await scene.record(lane, claimed, { code: "http_5xx", policy });
        expect((await scene.getDelivery(claimed.id)).status).toBe("pending");
        scene.pass(1_000);
        await next();
        await scene.record(lane, claimed, { code: "connect_refused", policy, detail: "Nothing listens." });
        expect(await letter()).toMatchObject({ reason: "connect_refused", diedAt: scene.now() });
        await redeliver();
        await next();
        await scene.record(lane, claimed);
        expect(await letter()).toMatchObject({ resolvedAt: scene.now(), delivery: { status: "delivered" } });
        expect(await unresolved()).toBe(0);
        expect((await attempts()).map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
        expect(await counts()).toEqual({ pending: 0, delivered: 1, dead: 0, canceled: 0 });
      });

      it("to a paused endpoint, it is held like the others until that is resumed", async () => {
        const { id } = await scene.createEndpoint({ events: ["job.succeeded"] });
        await scene.finishJob({ callback: null });
        const named = { holder, limit: 9, leaseMs, only: [{ tenantId, laneId: id }] };
        lane = only(await scene.store.lanes.claim({ ...named, now: scene.now() }));
        await next();
        await scene.record(lane, claimed, { code: "gone", status: 410 });
        await scene.store.lanes.release([lane], scene.now());
        scene.takeRings();
        expect(await redeliver()).toMatchObject({ status: "pending", dueAt: null });
        expect(scene.takeRings()).toEqual([]);
        expect(await scene.store.lanes.claim({ ...named, now: scene.now() })).toEqual([]);
        const active = { status: "active", reason: null } as const;
        await scene.store.support.setEndpointStatus({ tenantId, endpointId: id }, active, scene.now());
        lane = only(await scene.store.lanes.claim({ ...named, now: scene.now() }));
        expect(await next()).toMatchObject({ trigger: "manual", attempt: 2 });
      });

      it("how many attempts its round allows goes on from those made, whatever began the round", async () => {
        const max = async () => {
          const { attempts: made, attemptsMax } = await scene.getDelivery(claimed.id);
          return [made, attemptsMax];
        };
        expect(await max()).toEqual([0, null]);
        await die();
        expect(await max()).toEqual([2, 2]);
        expect(await redeliver()).toMatchObject({ attempts: 2, attemptsMax: 12 });
        await next();
        await scene.record(lane, claimed, { code: "http_5xx", policy });
        expect(await max()).toEqual([3, 4]);
        scene.pass(1_000);
        await next();
        expect(await redeliver()).toMatchObject({ attemptsMax: 4 });
        await scene.record(lane, claimed, { code: "http_5xx", policy });
        expect(await max()).toEqual([4, 6]);
        await next();
        await scene.record(lane, claimed, { policy });
        expect(await max()).toEqual([5, 6]);
      });

      it("another tenant's delivery, or none, is null", async () => {
        const asked = [
          { tenantId: "globex", deliveryId: claimed.id },
          { tenantId, deliveryId: "dlv_unknown" },
        ];
        expect(await scene.store.support.redeliver(asked, scene.now())).toEqual([null, null]);
      });
    });
  });
}
