// What processes tell each other of their commits, played by two stores on one database.
import { describe, expect, it } from "vitest";
import type { Change, Ring, Store } from "@ringback/core";
import { openScene, present, tenantId, type Scene } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

describe("what processes tell each other", () => {
  const cluster = useCluster();

  /** Two stores on one new database, and the scene of the first. */
  async function openTwo(): Promise<{ readonly scene: Scene; readonly stores: readonly Store[] }> {
    const first = await cluster.openForTest();
    const { connectionString } = first;
    const scene = await openScene(async () => first);
    const second = await cluster.openForTest({ connectionString });
    return { scene, stores: [first.store, second.store] };
  }

  it("what one process commits the others hear of, and each hears of its own once", async () => {
    const { scene, stores } = await openTwo();
    const told: Change[][] = stores.map(() => []);
    const heard = new Promise<void>((resolve) => {
      for (const [at, store] of stores.entries()) {
        store.changes.subscribe((changes) => {
          told[at]?.push(...changes);
          if (at === 1) resolve();
        });
      }
    });
    const job = await scene.submit();
    await heard;
    const change = { kind: "job", tenantId, jobId: job.id };
    expect(told).toEqual([[change], [change]]);
  });

  it("what a process committed last the others hear of, though it ends at once", async () => {
    const { scene, stores } = await openTwo();
    const [ending, listening] = stores.map(present);
    const wanted = new Set<string>();
    const heard = new Promise<void>((resolve) => {
      present(listening).changes.subscribe((changes) => {
        for (const change of changes) if (change.kind === "job") wanted.delete(change.jobId);
        if (wanted.size === 0) resolve();
      });
    });
    for (let at = 0; at < 3; at += 1) {
      const one = scene.acceptance();
      wanted.add(one.job.id);
      await present(ending).intake.acceptJobs([one], scene.now());
    }
    await present(ending).close();
    await heard;
    expect([...wanted]).toEqual([]);
  });

  it("a ring that only one process can answer reaches every process: for a held lane, and to cancel a run", async () => {
    const opened = await cluster.openForTest();
    const scene = await openScene(async () => opened);
    const rings: Ring[] = [];
    let look = (): void => undefined;
    const ring = (rung: readonly Ring[]): void => {
      rings.push(...rung);
      look();
    };
    const heard = (wanted: Ring) =>
      new Promise<void>((resolve) => {
        look = () => {
          if (rings.some((one) => JSON.stringify({ ...one, at: 0 }) === JSON.stringify({ ...wanted, at: 0 })))
            resolve();
        };
        look();
      });
    await cluster.openForTest({ connectionString: opened.connectionString, ring });
    await scene.finishJob();
    const lane = await scene.holdLane();
    expect(rings).toEqual([]);
    await scene.finishJob();
    await heard({ kind: "lane", tenantId, laneId: lane.laneId, at: 0, held: true });

    const { id } = await scene.submit();
    await scene.claimRuns();
    await scene.store.intake.cancelJobs([{ tenantId, jobId: id }], scene.now());
    await heard({ kind: "cancel", tenantId, jobId: id });
    expect(rings.every((one) => one.kind === "cancel" || (one.kind === "lane" && one.held === true))).toBe(
      true,
    );
  });
});
