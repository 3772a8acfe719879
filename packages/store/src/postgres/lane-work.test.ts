// Records and claims that are brought together share a commit; that each is as if it came alone, the conformance suite tests.
import { describe, expect, it } from "vitest";
import { openScene, present } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

describe("what a lane's holder brings at once", () => {
  const cluster = useCluster();

  it("records and a claim share one commit", async () => {
    const opened = await cluster.openForTest();
    const scene = await openScene(async () => opened);
    await scene.finishJob();
    await scene.finishJob();
    const lane = await scene.holdLane();
    const [first] = await scene.claimDeliveries(lane, 1);
    const before = opened.store.commits.commits;
    const [answer, claimed] = await Promise.all([
      scene.record(lane, present(first)),
      scene.claimDeliveries(lane),
    ]);
    expect(opened.store.commits.commits - before).toBe(1);
    expect(answer).toBe("recorded");
    expect(claimed).toHaveLength(1);
  });
});
