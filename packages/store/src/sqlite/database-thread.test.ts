import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as WorkerThreads from "node:worker_threads";
import { describe, expect, it, vi } from "vitest";
import type { Log } from "@ringback/core";
import { openScene, tenantId, type Scene } from "../conformance/scene.ts";
import { countingRandom, masterKey, openForTest, quiet, temporaryFolder } from "../testing/sqlite-ground.ts";
import { openInDatabaseThread } from "./database-thread.ts";
import type { SqliteStore } from "./open.ts";

const threads = vi.hoisted((): WorkerThreads.Worker[] => []);
vi.mock("node:worker_threads", async (importOriginal) => {
  const original = await importOriginal<typeof WorkerThreads>();
  class Watched extends original.Worker {
    constructor(...options: ConstructorParameters<typeof original.Worker>) {
      super(...options);
      threads.push(this);
    }
  }
  return { ...original, Worker: Watched };
});

async function openFileScene(log: Log = quiet): Promise<{ scene: Scene; store: SqliteStore; path: string }> {
  const path = join(temporaryFolder(), "ringback.db");
  const { store, random, rings } = await openForTest(path, { log });
  return { scene: await openScene(async () => ({ store, random, rings })), store, path };
}

describe("the database thread", () => {
  it("calls of one turn of the event loop share a commit, and rings leave after it", async () => {
    const { scene, store } = await openFileScene();
    const before = { ...store.commits };
    /** Groups of 3 to 5 calls. */
    const small = (): number => store.commits.sizes[2] ?? 0;
    const smallBefore = small();
    scene.takeRings();
    const submitted = [scene.submit(), scene.submit(), scene.submit()];
    expect(scene.takeRings()).toEqual([]);
    await Promise.all(submitted);
    expect(store.commits.commits - before.commits).toBe(1);
    expect(store.commits.items - before.items).toBe(3);
    expect(small() - smallBefore).toBe(1);
    expect(scene.takeRings()).toEqual([{ kind: "jobs", at: scene.now() }]);
  });

  it("what one call breaks is its caller's alone, and keeps the name and code it was thrown with", async () => {
    const { scene } = await openFileScene();
    const { id } = await scene.submit();
    const [twice, fine] = await Promise.allSettled([scene.submit({ id }), scene.submit()]);
    expect(twice).toMatchObject({
      status: "rejected",
      reason: { name: "SqliteError", code: "SQLITE_CONSTRAINT_PRIMARYKEY" },
    });
    expect(fine.status).toBe("fulfilled");
  });

  it("an argument that cannot be copied is refused alone", async () => {
    const { scene, store } = await openFileScene();
    const uncopied = () => "x";
    const [refused, fine] = await Promise.allSettled([
      store.tenants.ensureTenant({ id: uncopied as unknown as string, callbackSecret: "whsec_" }, 0),
      scene.submit(),
    ]);
    expect(refused).toMatchObject({ status: "rejected", reason: { name: "DataCloneError" } });
    expect(fine.status).toBe("fulfilled");
  });

  it("what was called for before close is committed, and everything after it refused", async () => {
    const { scene, store, path } = await openFileScene();
    const submitted = scene.submit();
    await store.close();
    await expect(submitted).resolves.toMatchObject({ status: "queued" });
    await expect(scene.submit()).rejects.toMatchObject({ name: "StoreUnavailable", code: "unreachable" });
    const again = await openForTest(path);
    const { items } = await again.store.reads.listJobs(tenantId, {}, { after: null, limit: 9 });
    expect(items).toHaveLength(1);
  });

  it("files that are open at once share the thread, and one that cannot be opened costs no other", async () => {
    const started = threads.length;
    const [one, other] = [await openFileScene(), await openFileScene()];
    const broken = join(temporaryFolder(), "broken.db");
    writeFileSync(broken, "no database ".repeat(1_000));
    const options = { masterKey, random: countingRandom(), log: quiet, committed: () => undefined };
    await expect(openInDatabaseThread(broken, options)).rejects.toMatchObject({ code: "SQLITE_NOTADB" });
    await Promise.all([one.scene.submit(), other.scene.submit()]);
    expect(threads.length - started).toBeLessThanOrEqual(1);
  });

  it("when the thread is lost, calls under way hear that nothing is known, and the next open starts another", async () => {
    const errors: string[] = [];
    const { scene, path, store } = await openFileScene({ ...quiet, error: (name) => void errors.push(name) });
    const submitted = scene.submit().catch((thrown: unknown) => thrown);
    await threads.at(-1)?.terminate();
    expect(await submitted).toMatchObject({ name: "StoreUnavailable", code: "unreachable" });
    await expect(scene.submit()).rejects.toThrow("not known");
    expect(errors).toEqual(["store.thread_lost"]);
    await store.close();
    const again = await openForTest(path);
    expect(await again.store.tenants.ensureTenant({ id: "t", callbackSecret: "whsec_" }, 0)).toBe(true);
  });
});
