// What recovery promises: whatever a lost process held is due again, and nothing that is held is taken away.
import { beforeEach, describe, expect, it } from "vitest";
import { holder, leaseMs, only, openScene, present, tenantId, type OpenStore, type Scene } from "./scene.ts";

export function describeRecovery(openStore: OpenStore): void {
  describe("recovery", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    it("F69 a run whose lease ran out is due again at once, and rung; before that it is left alone", async () => {
      const { id } = await scene.submit();
      await scene.claimRuns();
      scene.pass(leaseMs - 1);
      expect((await scene.store.recover({ now: scene.now() })).runs).toBe(0);
      scene.pass(1);
      scene.takeRings();
      expect((await scene.store.recover({ now: scene.now() })).runs).toBe(1);
      expect(scene.takeRings()).toEqual([{ kind: "jobs", at: scene.now() }]);
      expect(await scene.getJob(id)).toMatchObject({ status: "queued", runs: 1 });
      expect(only(await scene.claimRuns())).toMatchObject({ runNumber: 2, token: 2 });
    });

    it("F73 a job whose process is lost three times fails, and its callback is told", async () => {
      const { id } = await scene.submit();
      for (let run = 0; run < 3; run += 1) {
        await scene.claimRuns();
        scene.pass(leaseMs);
        await scene.store.recover({ now: scene.now() });
      }
      expect(await scene.getJob(id)).toMatchObject({
        status: "failed",
        error: { code: "runs_exhausted", run: 3 },
        callback: { deliveries: { pending: 1 } },
      });
      expect(await scene.claimRuns()).toEqual([]);
    });

    it("F79 an attempt that was in flight becomes outcome_unknown, and the same event is due again at once", async () => {
      await scene.finishJob();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      scene.pass(leaseMs);
      scene.takeRings();
      const recovered = await scene.store.recover({ now: scene.now() });
      expect(recovered).toEqual({ runs: 0, lanes: 1, attempts: 1 });
      expect(scene.takeRings()).toEqual([{ kind: "lane", tenantId, laneId: lane.laneId, at: scene.now() }]);
      const read = present(await scene.store.reads.getDelivery(tenantId, claimed.id));
      expect(read.delivery).toMatchObject({ status: "pending", attempts: 1, dueAt: scene.now() });
      // It is not held against the receiver, so the round still has all of its attempts left.
      expect(read.delivery.attemptsMax).toBe(11);
      expect(only(read.attempts)).toMatchObject({
        n: 1,
        trigger: "auto",
        outcome: "outcome_unknown",
        code: "outcome_unknown",
        startedAt: scene.now() - leaseMs,
        durationMs: leaseMs,
        request: null,
        response: null,
        retryAt: scene.now(),
      });
      expect(only(read.attempts).detail).toMatch(/lost/);
      const again = only(await scene.claimDeliveries(await scene.holdLane("process-2")));
      expect(again).toMatchObject({ id: claimed.id, eventId: claimed.eventId, attempt: 2 });
    });

    it("a redelivery that was asked for while the attempt was in flight survives the loss", async () => {
      await scene.finishJob();
      const { id } = only(await scene.claimDeliveries(await scene.holdLane()));
      await scene.store.support.redeliver([{ tenantId, deliveryId: id }], scene.now());
      scene.pass(leaseMs);
      await scene.store.recover({ now: scene.now() });
      const again = only(await scene.claimDeliveries(await scene.holdLane()));
      expect(again).toMatchObject({ id, trigger: "manual", attempt: 2 });
    });

    it("the sole holder takes back at once what every other holder had, and keeps its own", async () => {
      for (let at = 0; at < 450; at += 1) await scene.submit({ callback: null });
      await scene.claimRuns(449, "earlier-process");
      const own = only(await scene.claimRuns(1, holder));
      const recovered = await scene.store.recover({ now: scene.now(), soleHolder: holder });
      expect(recovered).toEqual({ runs: 449, lanes: 0, attempts: 0 });
      expect((await scene.getJob(own.jobId)).status).toBe("running");
    });

    it("the sole holder takes back lanes too", async () => {
      await scene.finishJob();
      await scene.claimDeliveries(await scene.holdLane("earlier-process"));
      const recovered = await scene.store.recover({ now: scene.now(), soleHolder: holder });
      expect(recovered).toEqual({ runs: 0, lanes: 1, attempts: 1 });
      expect(await scene.holdLane()).toMatchObject({ token: 2 });
    });

    it("due tells what is waiting and what comes next, of jobs and of lanes", async () => {
      const due = () => scene.store.due(scene.now(), 10);
      expect(await due()).toEqual({ jobsSince: null, nextJobAt: null, lanes: [], nextLaneAt: null });
      await scene.submit({ priority: 3, runAt: scene.now() + 500 });
      await scene.submit({ priority: -3, runAt: scene.now() + 400 });
      const at = scene.now();
      expect(await due()).toMatchObject({ jobsSince: null, nextJobAt: at + 400 });
      await scene.submit({ priority: 1 });
      scene.pass(5);
      await scene.submit({ priority: 9 });
      expect(await due()).toMatchObject({ jobsSince: at, nextJobAt: at + 400 });
      await scene.claimRuns(1);
      const [run] = await scene.claimRuns(1);
      await scene.endRun(present(run));
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      await scene.record(lane, claimed, { code: "http_5xx" });
      expect(await due()).toMatchObject({ jobsSince: null, lanes: [], nextLaneAt: null });
      await scene.store.lanes.release([lane], scene.now());
      expect(await due()).toMatchObject({ lanes: [], nextLaneAt: scene.now() + 5_000 });
      scene.pass(5_000);
      expect((await due()).lanes).toEqual([{ tenantId, laneId: lane.laneId, since: scene.now() }]);
    });
  });
}
