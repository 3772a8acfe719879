// What intake promises: a job is there whole or not at all, and one key makes one job.
import { beforeEach, describe, expect, it } from "vitest";
import type { Change } from "@ringback/core";
import {
  jobIn,
  only,
  openScene,
  otherTenantId,
  retention,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

export function describeIntake(openStore: OpenStore): void {
  describe("intake", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    it("an accepted job is readable at once, as it was answered (F119)", async () => {
      const job = await scene.submit({ metadata: { customer: "c1", big: true }, traceparent: "00-a-b-01" });
      expect(job).toMatchObject({ status: "queued", version: 1, runs: 0, input: '{"rows":3}', result: null });
      expect(job.callback).toEqual({
        url: "https://example.com/done",
        endpointId: null,
        deliveries: { pending: 0, delivered: 0, dead: 0, canceled: 0 },
      });
      expect(await scene.getJob(job.id)).toEqual(job);
      expect(scene.takeRings()).toEqual([{ kind: "jobs", at: scene.now() }]);
    });

    it("F17 payloads keep their exact bytes: big integers, key order, duplicate keys, spaces, emoji", async () => {
      const input = '{ "b":12345678901234567890,"a":1.0e2, "a":"\\u00e9é😀\\ud83d\\ude00",\n"__proto__":{} }';
      const job = await scene.submit({ input });
      expect((await scene.getJob(job.id)).input).toBe(input);
      expect(only(await scene.claimRuns()).input).toBe(input);
      const whole = await scene.submit({ input: null });
      expect((await scene.getJob(whole.id)).input).toBeNull();
    });

    it("a job with a later time is due then, one with an earlier time now", async () => {
      await scene.submit({ runAt: scene.now() + 60_000 });
      await scene.submit({ runAt: scene.now() - 60_000 });
      expect(scene.takeRings()).toEqual([
        { kind: "jobs", at: scene.now() + 60_000 },
        { kind: "jobs", at: scene.now() },
      ]);
      expect(await scene.claimRuns()).toHaveLength(1);
      scene.pass(60_000);
      expect(await scene.claimRuns()).toHaveLength(1);
    });

    it("a callback to an endpoint that the tenant does not have is refused, and nothing is written", async () => {
      const { id } = await scene.createEndpoint({ tenantId: otherTenantId });
      const callback = { endpointId: id, events: ["job.*"] };
      const refused = await scene.store.intake.acceptJobs(
        [scene.acceptance({ callback }, { receiver: null })],
        scene.now(),
      );
      expect(refused).toEqual([{ kind: "no_endpoint" }]);
      expect((await scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 10 })).items).toEqual([]);
    });

    it("changes and rings come after the commit, each once", async () => {
      const told: Change[] = [];
      const leave = scene.store.changes.subscribe((changes) => void told.push(...changes));
      const job = await scene.submit();
      expect(told).toEqual([{ kind: "job", tenantId, jobId: job.id }]);
      leave();
      await scene.submit();
      expect(told).toHaveLength(1);
    });

    it("of a call that failed half-way nothing is left: no job, no ring, no change", async () => {
      const taken = await scene.submit();
      scene.takeRings();
      const told: Change[] = [];
      scene.store.changes.subscribe((changes) => void told.push(...changes));
      const items = [scene.acceptance(), scene.acceptance({ id: taken.id })];
      await expect(scene.store.intake.acceptJobs(items, scene.now())).rejects.toThrow(/constraint/i);
      await scene.store.tenants.putKeys([], scene.now());
      expect([...scene.takeRings(), ...told]).toEqual([]);
      expect((await scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 10 })).items).toHaveLength(
        1,
      );
    });

    describeIdempotency(() => scene);
    describeCancel(() => scene);
  });
}

function describeIdempotency(current: () => Scene): void {
  const keyed = (over: { key?: string; requestHash?: string; tenantId?: string } = {}) => {
    const scene = current();
    const { key = "k1", requestHash = "h1", ...job } = over;
    const idempotency = { key, requestHash, expiresAt: scene.now() + 86_400_000 };
    return scene.store.intake.acceptJobs([scene.acceptance(job, { idempotency })], scene.now());
  };

  it("F5 one hundred callers with one key make one job, and all are told of it", async () => {
    const answers = (await Promise.all(Array.from({ length: 100 }, () => keyed()))).map(only);
    expect(answers.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
    expect(answers.filter(({ kind }) => kind === "replayed")).toHaveLength(99);
    expect(new Set(answers.map((answer) => jobIn(answer).id)).size).toBe(1);
  });

  it("F2 a replay shows the job as it is now", async () => {
    const scene = current();
    await keyed();
    await scene.endRun(only(await scene.claimRuns()));
    expect(jobIn(only(await keyed()))).toMatchObject({
      status: "succeeded",
      result: { contentType: "application/json" },
    });
  });

  it("F6 a key that was used for another request names that request", async () => {
    const { id } = jobIn(only(await keyed()));
    expect(await keyed({ requestHash: "h2" })).toEqual([
      { kind: "key_reused", requestHash: "h1", madeId: id },
    ]);
  });

  it("F7 the same key of another tenant is another key", async () => {
    await keyed();
    expect(only(await keyed({ tenantId: otherTenantId })).kind).toBe("accepted");
  });

  it("a key can be looked up: the request it was used for, and the job as it is now", async () => {
    const scene = current();
    const find = (key: string, whose = tenantId) => scene.store.reads.findIdempotent(whose, key, scene.now());
    expect(await find("k1")).toBeNull();
    const { id } = jobIn(only(await keyed()));
    expect(await find("k1")).toEqual({ requestHash: "h1", job: await scene.getJob(id) });
    await scene.endRun(only(await scene.claimRuns()));
    const found = await find("k1");
    expect(found).toEqual({ requestHash: "h1", job: await scene.getJob(id) });
    expect(found?.job).toMatchObject({ status: "succeeded", input: '{"rows":3}' });
    expect(await find("k2")).toBeNull();
    expect(await find("k1", otherTenantId)).toBeNull();
    scene.pass(86_400_000 - 1);
    expect(await find("k1")).not.toBeNull();
    scene.pass(1);
    expect(await find("k1")).toBeNull();
  });

  it("an expired key counts as absent, deleted or not", async () => {
    const scene = current();
    const first = jobIn(only(await keyed()));
    scene.pass(86_400_000);
    const second = jobIn(only(await keyed({ requestHash: "h2" })));
    expect(second.id).not.toBe(first.id);
    expect(jobIn(only(await keyed({ requestHash: "h2" }))).id).toBe(second.id);
    scene.pass(86_400_000);
    expect(await scene.store.expire({ now: scene.now(), limit: 10, retention })).toBe(1);
    expect(await scene.store.expire({ now: scene.now(), limit: 10, retention })).toBe(0);
    expect(only(await keyed()).kind).toBe("accepted");
  });
}

function describeCancel(current: () => Scene): void {
  const cancel = async (jobId: string, whose = tenantId) =>
    only(await current().store.intake.cancelJobs([{ tenantId: whose, jobId }], current().now()));

  it("canceling a queued job ends it, with its event and what is owed for it", async () => {
    const scene = current();
    const { id } = await scene.submit();
    const answer = await cancel(id);
    expect(answer).toMatchObject({
      kind: "canceled",
      job: { status: "canceled", version: 2, callback: { deliveries: { pending: 1 } } },
    });
    expect(await cancel(id)).toEqual(answer);
    expect(await scene.claimRuns()).toEqual([]);
    const [event] = await scene.store.reads.listJobEvents(tenantId, id, { after: 0, limit: 10 });
    expect(event?.type).toBe("job.canceled");
  });

  it("F78 canceling a running job is noted and rung; the end of its run makes it canceled, whatever it was", async () => {
    const scene = current();
    const { id } = await scene.submit();
    const run = only(await scene.claimRuns());
    scene.takeRings();
    const answer = await cancel(id);
    expect(answer).toMatchObject({ kind: "requested", job: { status: "running", version: 3 } });
    expect(scene.takeRings()).toEqual([{ kind: "cancel", tenantId, jobId: id }]);
    expect(await cancel(id)).toEqual(answer);
    expect(await scene.store.runs.extend([run], { now: scene.now(), leaseMs: 1 })).toEqual([
      "cancel_requested",
    ]);
    expect(await scene.endRun(run)).toBe("canceled");
    expect(await scene.getJob(id)).toMatchObject({ status: "canceled", result: null });
    expect(await scene.store.reads.listJobEvents(tenantId, id, { after: 0, limit: 9 })).toHaveLength(1);
  });

  it("a finished job stays what it is, and another tenant's is not found", async () => {
    const scene = current();
    const { id } = await scene.finishJob();
    expect(await cancel(id)).toMatchObject({ kind: "finished", job: { status: "succeeded" } });
    expect(await cancel(id, otherTenantId)).toEqual({ kind: "not_found" });
    expect(await cancel("job_unknown")).toEqual({ kind: "not_found" });
  });
}
