// What reads promise that serve many clients at once, and what processes hear of each other's kinds.
import { beforeEach, describe, expect, it } from "vitest";
import { createRandomWalk, seeded } from "../testing/random-walk.ts";
import { only, openScene, otherTenantId, retention, tenantId, type OpenStore, type Scene } from "./scene.ts";

export function describeLooks(openStore: OpenStore): void {
  describe("looks", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    it("versions of many jobs are read in one go, in the order asked", async () => {
      const first = await scene.submit();
      await scene.claimRuns();
      const second = await scene.submit();
      const keys = [
        { tenantId, jobId: second.id },
        { tenantId, jobId: "job_unknown" },
        { tenantId: otherTenantId, jobId: first.id },
        { tenantId, jobId: first.id },
      ];
      expect(await scene.store.reads.jobVersions(keys)).toEqual([1, null, null, 2]);
      expect(await Promise.all(keys.map((key) => scene.store.reads.jobVersion(key)))).toEqual([
        1,
        null,
        null,
        2,
      ]);
      expect(await scene.store.reads.jobVersions([])).toEqual([]);
      const many = Array.from({ length: 500 }, () => ({ tenantId, jobId: first.id }));
      expect(new Set(await scene.store.reads.jobVersions(many))).toEqual(new Set([2]));
    });

    it("F119 a job that changes is told of before whoever changed it hears of it, in every verb", async () => {
      const { store } = scene;
      const walk = await createRandomWalk(scene, seeded(41));
      const told = new Set<string>();
      store.changes.subscribe((changes) => {
        for (const change of changes) if (change.kind === "job") told.add(change.jobId);
      });
      const versions = new Map<string, number>();
      let changed = 0;
      for (let step = 0; step < 250; step += 1) {
        told.clear();
        const verb = await walk.step();
        const now = await store.reads.listJobs(tenantId, {}, { after: null, limit: 500 });
        for (const { id, version } of now.items) {
          if (versions.get(id) !== version && versions.has(id)) {
            changed += 1;
            expect(told, `${verb} changed ${id} and told ${[...told].join()}`).toContain(id);
          }
          versions.set(id, version);
        }
      }
      expect(changed).toBeGreaterThan(50);
    });

    it("the heads of many feeds are read in one go, in the order asked", async () => {
      await scene.finishJob();
      await scene.finishJob();
      const head = await scene.store.reads.feedHead(tenantId);
      expect(head).toBeGreaterThan(0);
      const asked = ["unknown", tenantId, otherTenantId];
      expect(await scene.store.reads.feedHeads(asked)).toEqual([0, head, 0]);
      expect(await scene.store.reads.feedHeads([])).toEqual([]);
    });

    it("a tenant's queue is what waits, the oldest first, and nobody else's", async () => {
      const running = await scene.submit();
      await scene.claimRuns();
      const first = await scene.submit({ priority: 3 });
      scene.pass(5);
      const later = await scene.submit({ runAt: scene.now() + 1_000 });
      await scene.submit({ tenantId: otherTenantId });
      const { reads } = scene.store;
      const queue = [
        { jobId: first.id, priority: 3, dueAt: scene.now() - 5 },
        { jobId: later.id, priority: 0, dueAt: scene.now() + 1_000 },
      ];
      expect(await reads.waitingOf(tenantId, 10)).toEqual(queue);
      expect(await reads.waitingOf(tenantId, 1)).toEqual(queue.slice(0, 1));
      expect(queue.map(({ jobId }) => jobId)).not.toContain(running.id);
    });

    it("how long jobs took is known of those that succeeded: waiting from when they could begin, then running", async () => {
      await scene.submit({ runAt: scene.now() + 1_000 });
      scene.pass(1_300);
      const run = only(await scene.claimRuns());
      scene.pass(40);
      await scene.endRun(run);
      await scene.submit({ kind: "report" });
      const refused = only(await scene.claimRuns());
      await scene.endRun(refused, { kind: "failed", code: "handler_error", message: "", retryable: false });
      const { reads } = scene.store;
      expect(await reads.pastJobsOf(tenantId, 10)).toEqual([{ kind: "report", waitedMs: 300, ranMs: 40 }]);
      expect(await reads.pastJobsOf(otherTenantId, 10)).toEqual([]);
    });

    it("kinds are known while their process says so; each process speaks for itself only", async () => {
      const { kinds } = scene.store;
      const digest = { kind: "digest", runTimeoutMs: 1_000, maxRuns: 1 };
      const report = { kind: "report", runTimeoutMs: 2_000, maxRuns: 2 };
      expect(await kinds.announced(0)).toEqual([]);
      await kinds.announce({ holder: "old", kinds: [digest, report], now: scene.now() });
      scene.pass(10);
      const faster = { ...report, runTimeoutMs: 5 };
      await kinds.announce({ holder: "new", kinds: [faster], now: scene.now() });
      const sorted = async (since: number) =>
        (await kinds.announced(since)).toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
      expect(await sorted(0)).toEqual([digest, faster]);
      expect(await sorted(scene.now())).toEqual([faster]);
      expect(await sorted(scene.now() + 1)).toEqual([]);
      // A process that has forgotten a kind takes back its own word, and no other's.
      await kinds.announce({ holder: "old", kinds: [digest], now: scene.now() });
      await kinds.announce({ holder: "new", kinds: [], now: scene.now() });
      expect(await sorted(0)).toEqual([digest]);
    });

    it("announcements of processes that are gone are deleted", async () => {
      const { store } = scene;
      const kinds = [{ kind: "digest", runTimeoutMs: 1_000, maxRuns: 1 }];
      await store.kinds.announce({ holder: "gone", kinds, now: scene.now() });
      expect(await store.expire({ now: scene.now() + 3_600_000, limit: 9, retention })).toBe(0);
      expect(await store.expire({ now: scene.now() + 25 * 3_600_000, limit: 9, retention })).toBe(1);
      expect(await store.kinds.announced(0)).toEqual([]);
    });
  });
}
