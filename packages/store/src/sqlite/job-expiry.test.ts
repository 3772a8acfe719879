import { expect, it, onTestFinished } from "vitest";
import { openScene, retention, tenantId } from "../conformance/scene.ts";
import { createSealing } from "../sealing.ts";
import { optionsForTest } from "../testing/sqlite-ground.ts";
import { migrate, readMigrations } from "./migrate.ts";
import { assembleStore } from "./open.ts";
import { inMemory, openFile } from "./open-file.ts";

const hourMs = 3_600_000;

it("F123 a tombstone is deleted when its time is over and nothing refers to the job any more", async () => {
  const file = openFile(inMemory);
  migrate(file.client, readMigrations(), 0);
  const options = optionsForTest(inMemory);
  const store = assembleStore(file, createSealing(options.masterKey, options.random), options);
  onTestFinished(() => store.close());
  const { random, rings } = options;
  const scene = await openScene(async () => ({ store, random, rings }));
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
  file.client.exec("delete from event");
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
