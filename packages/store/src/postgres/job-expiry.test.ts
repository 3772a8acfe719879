import { describe, expect, it } from "vitest";
import { openScene, retention, tenantId } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

const hourMs = 3_600_000;

describe("tombstones on PostgreSQL", () => {
  const cluster = useCluster();

  it("F123 are deleted when their time is over and nothing refers to the job any more", async () => {
    const opened = await cluster.openForTest();
    const { store, connectionString } = opened;
    const scene = await openScene(async () => opened);
    const expire = async (): Promise<void> => {
      while (
        (await store.expire({
          now: scene.now(),
          limit: 9,
          retention: { ...retention, tombstonesMs: hourMs },
        })) > 0
      );
    };
    const { id } = await scene.finishJob({ resultTtlMs: hourMs, callback: null });
    const idempotency = { key: "k", requestHash: "h", expiresAt: scene.now() + 9 * hourMs };
    const keyed = scene.acceptance({ resultTtlMs: hourMs, callback: null }, { idempotency });
    await store.intake.acceptJobs([keyed], scene.now());
    await store.intake.cancelJobs([{ tenantId, jobId: keyed.job.id }], scene.now());
    scene.pass(hourMs);
    await expire();
    await cluster.ask(connectionString, "delete from event");
    scene.pass(hourMs - 1);
    await expire();
    expect(await store.reads.getJob(tenantId, id)).not.toBeNull();
    scene.pass(1);
    await expire();
    expect(await store.reads.getJob(tenantId, id)).toBeNull();
    // Until it expires, its idempotency key keeps the other from being submitted once more.
    expect(await store.reads.findIdempotent(tenantId, "k", scene.now())).not.toBeNull();
    scene.pass(8 * hourMs);
    await expire();
    expect(await store.reads.getJob(tenantId, keyed.job.id)).toBeNull();
  });

  it("two processes that are given one id of a client's make one job", async () => {
    const first = await cluster.openForTest();
    const { connectionString } = first;
    const second = await cluster.openForTest({ connectionString });
    const scene = await openScene(async () => first);
    const id = "0191d1ab-7c3f-7000-8000-0000000000a1";
    const item = scene.acceptance({ id }, { ownId: { requestHash: "h" } });
    for (let round = 0; round < 20; round += 1) {
      const own = { ...item, job: { ...item.job, id: `${id.slice(0, -2)}${10 + round}` } };
      const answers = await Promise.all(
        [first, second, first, second].map(({ store }) => store.intake.acceptJobs([own], scene.now())),
      );
      const kinds = answers.flat().map(({ kind }) => kind);
      expect(kinds.toSorted()).toEqual(["accepted", "replayed", "replayed", "replayed"]);
    }
  });
});
