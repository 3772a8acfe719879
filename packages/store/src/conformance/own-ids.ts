// What intake promises to clients that make the id themselves, and to those who submit several jobs as one.
import { beforeEach, describe, expect, it } from "vitest";
import type { Acceptance, Accepted } from "@ringback/core";
import { jobIn, only, openScene, otherTenantId, tenantId, type OpenStore, type Scene } from "./scene.ts";

const ownUuid = "0191d1ab-7c3f-7000-8000-0000000000a1";

export function describeOwnIds(openStore: OpenStore): void {
  describe("own ids and jobs together", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    const named = (requestHash: string, over: { id?: string; tenantId?: string } = {}): Acceptance =>
      scene.acceptance({ id: ownUuid, ...over }, { ownId: { requestHash } });
    const put = async (item: Acceptance): Promise<Accepted> =>
      only(await scene.store.intake.acceptJobs([item], scene.now()));
    const jobCount = async (): Promise<number> =>
      (await scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 99 })).items.length;

    it("the same request under the same id makes one job, and is told how it stands", async () => {
      const first = await put(named("h1"));
      expect(first).toMatchObject({ kind: "accepted", job: { id: ownUuid, version: 1 } });
      expect(await put(named("h1"))).toEqual({ kind: "replayed", job: jobIn(first) });
      await scene.endRun(only(await scene.claimRuns()));
      expect(await put(named("h1"))).toMatchObject({ kind: "replayed", job: { status: "succeeded" } });
      expect(await jobCount()).toBe(1);
    });

    it("another request under the same id is refused, and so is one under the id of a job made otherwise", async () => {
      await put(named("h1"));
      expect(await put(named("h2"))).toEqual({ kind: "id_reused", jobId: ownUuid });
      const { id } = await scene.submit();
      expect(await put(named("h1", { id }))).toEqual({ kind: "id_reused", jobId: id });
      expect(await jobCount()).toBe(2);
    });

    it("the same id of another tenant is another job", async () => {
      await put(named("h1"));
      expect((await put(named("h2", { tenantId: otherTenantId }))).kind).toBe("accepted");
    });

    it("one hundred callers with one id make one job, in one call or in many", async () => {
      const calls = Array.from({ length: 50 }, async () =>
        scene.store.intake.acceptJobs([named("h1"), named("h1")], scene.now()),
      );
      const kinds = (await Promise.all(calls)).flat().map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === "accepted")).toHaveLength(1);
      expect(kinds.filter((kind) => kind === "replayed")).toHaveLength(99);
    });

    it("a job can be looked up with the hash of the request that named it", async () => {
      const { reads } = scene.store;
      expect(await reads.findByOwnId(tenantId, ownUuid)).toBeNull();
      await put(named("h1"));
      const job = await scene.getJob(ownUuid);
      expect(await reads.findByOwnId(tenantId, ownUuid)).toEqual({ requestHash: "h1", job });
      expect(await reads.findByOwnId(otherTenantId, ownUuid)).toBeNull();
      const { id } = await scene.submit();
      expect(await reads.findByOwnId(tenantId, id)).toMatchObject({ requestHash: null });
    });

    it("jobs that are accepted together are all accepted", async () => {
      const items = [scene.acceptance(), named("h1"), scene.acceptance()];
      const answers = await scene.store.intake.acceptTogether(items, scene.now());
      expect(answers.map(({ kind }) => kind)).toEqual(["accepted", "accepted", "accepted"]);
      expect(answers.map((one) => jobIn(one).id)).toEqual(items.map(({ job }) => job.id));
      expect(await jobCount()).toBe(3);
      const again = await scene.store.intake.acceptTogether([named("h1"), scene.acceptance()], scene.now());
      expect(again.map(({ kind }) => kind)).toEqual(["replayed", "accepted"]);
    });

    it("of jobs that are to be accepted together none is when one is refused", async () => {
      await put(named("h1"));
      scene.takeRings();
      const callback = { endpointId: "ep_unknown", events: ["job.*"] };
      const idempotency = { key: "k", requestHash: "h", expiresAt: scene.now() + 1_000 };
      const items = [
        scene.acceptance({}, { idempotency }),
        named("h2"),
        scene.acceptance({ callback }, { receiver: null }),
        named("h1"),
      ];
      const answers = await scene.store.intake.acceptTogether(items, scene.now());
      expect(answers.map(({ kind }) => kind)).toEqual(["withheld", "id_reused", "no_endpoint", "replayed"]);
      expect(await jobCount()).toBe(1);
      expect(scene.takeRings()).toEqual([]);
      expect(await scene.store.reads.findIdempotent(tenantId, "k", scene.now())).toBeNull();
    });
  });
}
