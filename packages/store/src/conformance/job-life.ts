// What is promised about a job's deadlines and about the end of its life: never begun too late, erased in time, and known for
// as long as anything refers to it.
import { beforeEach, describe, expect, it } from "vitest";
import type { Job, NewJob, RunOutcome } from "@ringback/core";
import {
  only,
  openScene,
  otherTenantId,
  present,
  retention,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const hourMs = 3_600_000;
const tombstoneMs = 10 * hourMs;
const kept = { ...retention, tombstonesMs: tombstoneMs };
const failure: RunOutcome = { kind: "failed", code: "handler_error", message: "secret", retryable: false };

export function describeJobLife(openStore: OpenStore): void {
  describe("a job's life", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    describeQueueTimeout(() => scene);
    describeErasing(() => scene);
    describeForgetting(() => scene);
    describeResultErasing(() => scene);
  });
}

function describeQueueTimeout(current: () => Scene): void {
  const failUnstarted = (limit = 10): Promise<number> =>
    current().store.runs.failUnstarted({ now: current().now(), limit });

  it("a job that no run began of in time fails as queue_timeout, with its event, and never starts", async () => {
    const scene = current();
    const { id } = await scene.submit({ queueTimeoutMs: 1_000 });
    scene.pass(999);
    expect(await failUnstarted()).toBe(0);
    scene.pass(1);
    expect(await failUnstarted()).toBe(1);
    const job = await scene.getJob(id);
    expect(job.error?.message).toContain("1000 ms");
    expect(job).toMatchObject({
      status: "failed",
      startedAt: null,
      error: { code: "queue_timeout", run: 0 },
      callback: { deliveries: { pending: 1 } },
    });
    expect(await scene.claimRuns()).toEqual([]);
    expect(await failUnstarted()).toBe(0);
  });

  it("a claim gives up what waited too long, claims what did not, and rings when more may be due", async () => {
    const scene = current();
    const late = await scene.submit({ queueTimeoutMs: 1_000, priority: 9 });
    const patient = await scene.submit();
    scene.pass(1_000);
    scene.takeRings();
    expect(await scene.claimRuns(1)).toEqual([]);
    expect(scene.takeRings()).toContainEqual({ kind: "jobs", at: scene.now() });
    expect((await scene.getJob(late.id)).error?.code).toBe("queue_timeout");
    expect(only(await scene.claimRuns(1)).jobId).toBe(patient.id);
  });

  it("the timeout is counted from when the job could begin, and no longer once a run has begun", async () => {
    const scene = current();
    await scene.submit({ queueTimeoutMs: 1_000, runAt: scene.now() + hourMs });
    scene.pass(hourMs + 999);
    expect(await failUnstarted()).toBe(0);
    const run = only(await scene.claimRuns());
    await scene.endRun(run, { kind: "released" });
    scene.pass(hourMs);
    expect(await failUnstarted()).toBe(0);
    expect(await scene.claimRuns()).toHaveLength(1);
  });

  it("many are given up in batches, the longest overdue first", async () => {
    const scene = current();
    const ids = [];
    for (let at = 0; at < 5; at += 1) {
      ids.push((await scene.submit({ queueTimeoutMs: 1_000 })).id);
      scene.pass(1);
    }
    scene.pass(hourMs);
    expect(await failUnstarted(2)).toBe(2);
    expect((await scene.getJob(ids[1] ?? "")).status).toBe("failed");
    expect((await scene.getJob(ids[2] ?? "")).status).toBe("queued");
    expect([await failUnstarted(2), await failUnstarted(2), await failUnstarted(2)]).toEqual([2, 1, 0]);
  });
}

function describeErasing(current: () => Scene): void {
  it("an end of every sort says when the payloads will be erased", async () => {
    const scene = current();
    const over = { resultTtlMs: hourMs };
    const ended: string[] = [(await scene.finishJob(over)).id];
    const failed = await scene.submit(over);
    await scene.endRun(only(await scene.claimRuns()), failure);
    const canceled = await scene.submit(over);
    await scene.store.intake.cancelJobs([{ tenantId, jobId: canceled.id }], scene.now());
    ended.push(failed.id, canceled.id);
    for (const id of ended) {
      const job = await scene.getJob(id);
      expect(job.expiresAt, job.status).toBe(present(job.finishedAt) + hourMs);
    }
    expect((await scene.submit(over)).expiresAt).toBeNull();
  });

  it("then input, result, metadata and the error's text are erased; how it ended stays", async () => {
    const scene = current();
    const { id } = await scene.finishJob({ resultTtlMs: hourMs, metadata: { name: "x" } });
    const failed = await failedJob(scene, { resultTtlMs: hourMs });
    await expireAll(scene);
    expect(await scene.getJob(id)).toMatchObject({ input: '{"rows":3}', erasedAt: null });
    scene.pass(hourMs);
    await expireAll(scene);
    expect(await scene.getJob(id)).toMatchObject({
      status: "succeeded",
      input: null,
      result: null,
      metadata: {},
      erasedAt: scene.now(),
      finishedAt: scene.now() - hourMs,
      expiresAt: scene.now(),
    });
    expect((await scene.getJob(failed.id)).error).toEqual({ code: "handler_error", message: "", run: 1 });
  });

  it("erasing is told as a change, and an expired job is in no list, erased or not yet", async () => {
    const scene = current();
    const { id } = await scene.finishJob({ resultTtlMs: hourMs });
    const kept = await scene.submit();
    const list = async (unexpiredAt: number): Promise<string[]> =>
      (await scene.store.reads.listJobs(tenantId, { unexpiredAt }, { after: null, limit: 9 })).items.map(
        (job) => job.id,
      );
    expect(await list(scene.now())).toEqual([kept.id, id].toSorted().toReversed());
    expect(await list(scene.now() + hourMs)).toEqual([kept.id]);
    const told: unknown[] = [];
    scene.store.changes.subscribe((changes) => void told.push(...changes));
    scene.pass(hourMs);
    await expireAll(scene);
    expect(told).toEqual([{ kind: "job", tenantId, jobId: id }]);
    expect(await list(0)).toEqual([kept.id]);
  });

  it("payloads are erased in batches, and a job that is not done never", async () => {
    const scene = current();
    for (let at = 0; at < 5; at += 1) await scene.finishJob({ resultTtlMs: hourMs });
    const running = await scene.submit({ resultTtlMs: 1_000 });
    await scene.claimRuns();
    scene.pass(hourMs);
    const expire = (): Promise<number> => scene.store.expire({ now: scene.now(), limit: 2, retention: kept });
    expect([await expire(), await expire(), await expire(), await expire()]).toEqual([2, 2, 1, 0]);
    expect(await scene.getJob(running.id)).toMatchObject({ input: '{"rows":3}', erasedAt: null });
  });

  it("a delivery that is still pending goes out after the job has expired, to its own URL and with its body", async () => {
    const scene = current();
    await scene.finishJob({ resultTtlMs: hourMs });
    scene.pass(hourMs);
    await expireAll(scene);
    scene.pass(tombstoneMs);
    await expireAll(scene);
    const claimed = only(await scene.claimDeliveries(await scene.holdLane()));
    expect(claimed).toMatchObject({ url: "https://example.com/done?token=t" });
    expect(JSON.parse(claimed.body)).toMatchObject({ data: { result: { ok: true } } });
  });
}

function describeForgetting(current: () => Scene): void {
  it("a tombstone stays its time, and as long as an event or an idempotency key refers to it", async () => {
    const scene = current();
    const { id } = await scene.finishJob({ resultTtlMs: hourMs, callback: null });
    scene.pass(hourMs);
    await expireAll(scene);
    scene.pass(tombstoneMs + hourMs);
    await expireAll(scene);
    // Its terminal event is still in the feed.
    expect((await scene.getJob(id)).erasedAt).not.toBeNull();
    // What refers to it puts it off, so that it holds nobody else up, and costs no look at every sweep.
    expect(await scene.store.expire({ now: scene.now(), limit: 9, retention: kept })).toBe(0);
    expect(await scene.store.reads.listJobEvents(tenantId, id, { after: 0, limit: 9 })).toHaveLength(1);
  });
}

function describeResultErasing(current: () => Scene): void {
  const erase = async (jobId: string, whose = tenantId): Promise<Job | null> =>
    only(await current().store.intake.eraseResults([{ tenantId: whose, jobId }], current().now()));

  it("a result is erased at once when somebody asks, the job stays, and asking again changes nothing", async () => {
    const scene = current();
    const { id, version } = await scene.finishJob();
    const erased = present(await erase(id));
    expect(erased).toMatchObject({ status: "succeeded", resultErasedAt: scene.now(), version: version + 1 });
    const read = await scene.getJob(id);
    expect(read).toEqual({ ...erased, input: '{"rows":3}', result: null });
    scene.pass(5);
    expect(await erase(id)).toEqual(erased);
    expect((await scene.store.reads.getResult(tenantId, id))?.result).toBeNull();
  });

  it("a job without a result stays as it is, and another tenant's is unknown", async () => {
    const scene = current();
    const { id } = await scene.finishJob();
    const queued = await scene.submit();
    expect(await erase(queued.id)).toMatchObject({ status: "queued", resultErasedAt: null, version: 1 });
    expect(await erase(id, otherTenantId)).toBeNull();
    expect(await erase("job_unknown")).toBeNull();
    expect((await scene.getJob(id)).result).not.toBeNull();
  });
}

async function failedJob(scene: Scene, over: Partial<NewJob>): Promise<Job> {
  const { id } = await scene.submit(over);
  await scene.endRun(only(await scene.claimRuns()), failure);
  return scene.getJob(id);
}

async function expireAll(scene: Scene): Promise<void> {
  while ((await scene.store.expire({ now: scene.now(), limit: 50, retention: kept })) > 0);
}
