// What runs promise that are held outside: by somebody who leases jobs over HTTP, or by an upstream that finishes one later.
import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimedRun } from "@ringback/core";
import {
  leaseMs,
  only,
  openScene,
  otherTenantId,
  succeeded,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

export function describeOutsideRuns(openStore: OpenStore): void {
  describe("runs held outside", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    const claimFor = (whose = tenantId, kinds = ["report"], limit = 10): Promise<ClaimedRun[]> =>
      scene.store.runs.claimFor({ tenantId: whose, kinds, limit, now: scene.now(), leaseMs });
    const handOver = (run: ClaimedRun, forMs: number): Promise<string> =>
      scene.store.runs.handOver([{ ...run, until: scene.now() + forMs }], scene.now()).then(only);
    const recover = (soleHolder?: string): Promise<{ runs: number }> =>
      scene.store.recover({ now: scene.now(), ...(soleHolder === undefined ? {} : { soleHolder }) });

    it("a claim for a tenant brings its own jobs of the kinds asked for, the most urgent first, at most as many", async () => {
      await scene.submit({ tenantId: otherTenantId, priority: 9 });
      await scene.submit({ kind: "other" });
      await scene.submit({ runAt: scene.now() + 1_000 });
      const plain = await scene.submit();
      const urgent = await scene.submit({ priority: 5 });
      expect((await claimFor(tenantId, ["report"], 1)).map(({ jobId }) => jobId)).toEqual([urgent.id]);
      expect(only(await claimFor())).toMatchObject({
        jobId: plain.id,
        token: 1,
        runNumber: 1,
        input: '{"rows":3}',
        leaseUntil: scene.now() + leaseMs,
      });
      expect(await claimFor()).toEqual([]);
      expect(await claimFor(otherTenantId)).toHaveLength(1);
    });

    it("a claim for a tenant gives up what waited too long, and rings when more may be due", async () => {
      const late = await scene.submit({ queueTimeoutMs: 1_000, priority: 9 });
      const patient = await scene.submit();
      scene.pass(1_000);
      scene.takeRings();
      expect(await claimFor(tenantId, ["report"], 1)).toEqual([]);
      expect(scene.takeRings()).toContainEqual({ kind: "jobs", at: scene.now() });
      expect(await scene.getJob(late.id)).toMatchObject({
        status: "failed",
        error: { code: "queue_timeout" },
      });
      expect(only(await claimFor(tenantId, ["report"], 1)).jobId).toBe(patient.id);
    });

    it("F71 two who lease never get the same job, nor does a process of ours", async () => {
      for (let at = 0; at < 20; at += 1) await scene.submit();
      const claims = await Promise.all(
        Array.from({ length: 12 }, (_, at) =>
          at % 2 === 0 ? claimFor(tenantId, ["report"], 3) : scene.claimRuns(3),
        ),
      );
      const ids = claims.flat().map(({ jobId }) => jobId);
      expect(ids).toHaveLength(20);
      expect(new Set(ids).size).toBe(20);
    });

    it("a lease survives the start of another process, and is lost when it runs out", async () => {
      const { id } = await scene.submit();
      const run = only(await claimFor());
      expect(await recover("new-process")).toMatchObject({ runs: 0 });
      scene.pass(leaseMs);
      expect(await recover("new-process")).toMatchObject({ runs: 1 });
      expect(await scene.getJob(id)).toMatchObject({ status: "queued" });
      expect(await scene.endRun(run)).toBe("lost");
    });

    it("F70 a run that was handed over is ended by the token of its claim, once, and survives every restart", async () => {
      const { id } = await scene.submit();
      const run = only(await scene.claimRuns());
      expect(await handOver(run, 60_000)).toBe("handed_over");
      scene.pass(leaseMs * 1.5);
      expect(await recover("new-process")).toMatchObject({ runs: 0 });
      expect(await scene.endRun({ ...run, token: run.token + 1 })).toBe("lost");
      expect(await scene.endRun(run, succeeded)).toBe("succeeded");
      expect(await scene.endRun(run, succeeded)).toBe("lost");
      expect(await scene.getJob(id)).toMatchObject({
        status: "succeeded",
        callback: { deliveries: { pending: 1 } },
      });
    });

    it("F62 a run that was handed over and is not ended in time is run_timeout, and its late end is refused", async () => {
      const { id } = await scene.submit();
      const run = only(await scene.claimRuns());
      await handOver(run, 60_000);
      scene.pass(60_000);
      expect(await recover()).toMatchObject({ runs: 1 });
      expect(await scene.getJob(id)).toMatchObject({
        status: "failed",
        error: { code: "run_timeout", run: 1 },
      });
      expect(await scene.endRun(run)).toBe("lost");
    });

    it("F70 a run that is not held any more cannot be handed over", async () => {
      await scene.submit();
      const run = only(await scene.claimRuns());
      scene.pass(leaseMs);
      await recover();
      expect(await handOver(run, 60_000)).toBe("lost");
    });

    it("F78 a cancel ends what was handed over at once, and what is about to be handed over", async () => {
      const { id } = await scene.submit();
      const run = only(await scene.claimRuns());
      await handOver(run, 60_000);
      const canceled = only(await scene.store.intake.cancelJobs([{ tenantId, jobId: id }], scene.now()));
      expect(canceled).toMatchObject({ kind: "canceled", job: { status: "canceled" } });
      expect(await scene.endRun(run)).toBe("lost");

      const second = await scene.submit();
      const another = only(await scene.claimRuns());
      await scene.store.intake.cancelJobs([{ tenantId, jobId: second.id }], scene.now());
      expect(await handOver(another, 60_000)).toBe("handed_over");
      expect(await scene.getJob(second.id)).toMatchObject({ status: "canceled" });
    });
  });
}
