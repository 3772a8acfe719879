// What runs promise: one holder at a time, every write fenced, and ends that are written once.
import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimedRun, RunOutcome } from "@ringback/core";
import { leaseMs, only, openScene, succeeded, tenantId, type OpenStore, type Scene } from "./scene.ts";

const failure: RunOutcome = { kind: "failed", code: "handler_error", message: "no", retryable: true };

export function describeRuns(openStore: OpenStore): void {
  describe("runs", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    it("the most urgent come first: priority, then due time, then id", async () => {
      const low = await scene.submit({ priority: -5 });
      const later = await scene.submit({ runAt: scene.now() + 10 });
      const first = await scene.submit();
      const high = await scene.submit({ priority: 7, runAt: scene.now() + 20 });
      scene.pass(100);
      const claimed = await scene.claimRuns();
      expect(claimed.map(({ jobId }) => jobId)).toEqual([high.id, first.id, later.id, low.id]);
    });

    it("F71 two holders never get the same run", async () => {
      for (let at = 0; at < 40; at += 1) await scene.submit();
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, at) => scene.claimRuns(5, `process-${at}`)),
      );
      const ids = claims.flat().map(({ jobId }) => jobId);
      expect(ids).toHaveLength(40);
      expect(new Set(ids).size).toBe(40);
    });

    it("only jobs that are due and of the kinds asked for are claimed, at most as many as asked", async () => {
      await scene.submit({ kind: "other" });
      await scene.submit({ runAt: scene.now() + 1 });
      await scene.submit();
      await scene.submit();
      expect(await scene.claimRuns(1)).toHaveLength(1);
      expect(await scene.claimRuns()).toHaveLength(1);
      expect(await scene.claimRuns()).toEqual([]);
    });

    it("a claim shows what is needed to run", async () => {
      const { id } = await scene.submit({ traceparent: "00-1-2-01", runTimeoutMs: 77 });
      const run = only(await scene.claimRuns());
      expect(run).toMatchObject({ jobId: id, token: 1, input: '{"rows":3}', runNumber: 1 });
      expect(run).toMatchObject({ runTimeoutMs: 77, traceparent: "00-1-2-01" });
      expect(run.leaseUntil).toBe(scene.now() + leaseMs);
      expect(run.job).toMatchObject({ status: "running", runs: 1, startedAt: scene.now(), version: 2 });
    });

    it("an extended lease outlives its first term", async () => {
      await scene.submit();
      const run = only(await scene.claimRuns());
      scene.pass(leaseMs - 1);
      expect(await scene.store.runs.extend([run], { now: scene.now(), leaseMs })).toEqual(["extended"]);
      scene.pass(leaseMs - 1);
      expect(await scene.store.recover({ now: scene.now() })).toEqual({ runs: 0, lanes: 0, attempts: 0 });
    });

    it("progress is readable, and each report is a new version", async () => {
      const { id } = await scene.submit();
      const run = only(await scene.claimRuns());
      const report = (percent: number, message: string | null) =>
        scene.store.runs.reportProgress([{ ...run, percent, message }], scene.now());
      expect(await report(12, "reading")).toEqual(["written"]);
      expect(await scene.getJob(id)).toMatchObject({
        progress: { percent: 12, message: "reading" },
        version: 3,
      });
      await scene.endRun(run, { kind: "released" });
      expect((await scene.getJob(id)).progress).toBeNull();
      expect(await report(50, null)).toEqual(["lost"]);
    });

    describeEnds(() => scene);
    describeFencing(() => scene);

    it("F77 jobs of kinds that nobody knows fail once they have waited long enough", async () => {
      const unknown = await scene.submit({ kind: "forgotten" });
      const known = await scene.submit();
      const fail = (dueBefore: number) =>
        scene.store.runs.failUnknownKinds({ kinds: ["report"], dueBefore, now: scene.now(), limit: 10 });
      expect(await fail(scene.now() - 1)).toBe(0);
      scene.pass(600_000);
      expect(await fail(scene.now() - 600_000)).toBe(1);
      expect(await scene.getJob(unknown.id)).toMatchObject({
        status: "failed",
        error: { code: "unknown_kind", run: 0 },
        callback: { deliveries: { pending: 1 } },
      });
      expect(await scene.getJob(known.id)).toMatchObject({ status: "queued" });
    });
  });
}

function describeEnds(current: () => Scene): void {
  it("success keeps the result's exact bytes and type", async () => {
    const scene = current();
    const { id } = await scene.submit();
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const result = { contentType: "application/octet-stream", body };
    await scene.endRun(only(await scene.claimRuns()), { kind: "succeeded", result, resultUrl: null });
    const read = await scene.store.reads.getResult(tenantId, id);
    expect(read?.result).toEqual(result);
    expect(read?.job).toMatchObject({ status: "succeeded", finishedAt: scene.now() });
  });

  it("an empty result is a result", async () => {
    const scene = current();
    const { id } = await scene.submit();
    const result = { contentType: "text/plain", body: new Uint8Array() };
    await scene.endRun(only(await scene.claimRuns()), { kind: "succeeded", result, resultUrl: null });
    expect((await scene.getJob(id)).result).toEqual(result);
  });

  it("a failed run is tried again after its backoff until maxRuns, and then fails the job", async () => {
    const scene = current();
    const { id } = await scene.submit({ maxRuns: 2 });
    expect(await scene.endRun(only(await scene.claimRuns()), failure)).toBe("queued");
    const ring = scene.takeRings().at(-1);
    expect(ring).toEqual({ kind: "jobs", at: scene.now() + 1_000 });
    expect(await scene.claimRuns()).toEqual([]);
    scene.pass(1_000);
    const second = only(await scene.claimRuns());
    expect(second).toMatchObject({ runNumber: 2, token: 2 });
    expect(await scene.endRun(second, failure)).toBe("failed");
    expect(await scene.getJob(id)).toMatchObject({
      error: { code: "handler_error", message: "no", run: 2 },
      runs: 2,
    });
  });

  it("F76 a released run is due at once and not held against the job", async () => {
    const scene = current();
    const { id } = await scene.submit();
    expect(await scene.endRun(only(await scene.claimRuns()), { kind: "released" })).toBe("queued");
    expect(await scene.endRun(only(await scene.claimRuns()), failure)).toBe("failed");
    expect(await scene.getJob(id)).toMatchObject({ runs: 2, error: { run: 2 } });
  });
}

function describeFencing(current: () => Scene): void {
  it("F70 the end of a run whose lease has gone to another is refused, and the other's result stands", async () => {
    const scene = current();
    const { id } = await scene.submit();
    const zombie = only(await scene.claimRuns());
    scene.pass(leaseMs);
    expect((await scene.store.recover({ now: scene.now() })).runs).toBe(1);
    expect(await scene.endRun(zombie)).toBe("lost");
    const second = only(await scene.claimRuns(1, "process-2"));
    expect(await everyWrite(scene, zombie)).toEqual(["lost", "lost", "lost"]);
    const body = new TextEncoder().encode('"second"');
    const result = { contentType: "application/json", body };
    expect(await scene.endRun(second, { kind: "succeeded", result, resultUrl: null })).toBe("succeeded");
    expect(await everyWrite(scene, zombie)).toEqual(["lost", "lost", "lost"]);
    expect(await everyWrite(scene, second)).toEqual(["lost", "lost", "lost"]);
    expect((await scene.getJob(id)).result).toEqual(result);
    expect(await scene.store.reads.listJobEvents(tenantId, id, { after: 0, limit: 9 })).toHaveLength(1);
  });

  it("a token of one tenant's run opens nothing of another's", async () => {
    const scene = current();
    await scene.submit();
    const run = only(await scene.claimRuns());
    expect(await everyWrite(scene, { ...run, tenantId: "globex" })).toEqual(["lost", "lost", "lost"]);
  });
}

async function everyWrite(scene: Scene, run: ClaimedRun): Promise<string[]> {
  const { runs } = scene.store;
  const [extended] = await runs.extend([run], { now: scene.now(), leaseMs });
  const [reported] = await runs.reportProgress([{ ...run, percent: 99, message: null }], scene.now());
  const [ended] = await runs.end([{ ...run, outcome: succeeded }], scene.now());
  return [String(extended), String(reported), String(ended?.status)];
}
