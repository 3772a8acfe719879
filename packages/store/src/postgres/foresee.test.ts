// What a process foresees when it accepts jobs, while another one changes it: it is checked in the transaction, and read when it
// is not so any more.
import { Client } from "pg";
import { describe, expect, it, vi } from "vitest";
import type { Accepted, Endpoint, Store } from "@ringback/core";
import { only, openScene, present, tenantId, type Scene } from "../conformance/scene.ts";
import { useCluster } from "../testing/postgres-ground.ts";

const admission = { unfinishedMax: 5, backlogMax: 1_000 };
const act = { by: null, reason: null };

describe("what accepting jobs foresees", () => {
  const cluster = useCluster();

  /** A process that has accepted a job, so that it foresees the next ones, and another one. */
  async function openForeseeing() {
    const opened = await cluster.openForTest();
    const { connectionString } = opened;
    const scene = await openScene(async () => opened);
    const { store: other } = await cluster.openForTest({ connectionString });
    const endpoint = await scene.createEndpoint({ events: ["job.queued"] });
    expect(await accept(scene)).toMatchObject({ kind: "accepted" });
    return { scene, other, endpoint };
  }

  async function accept(
    scene: Scene,
    { store = scene.store, key = null }: { readonly store?: Store; readonly key?: string | null } = {},
  ): Promise<Accepted> {
    const idempotency = key === null ? null : { key, requestHash: "h", expiresAt: scene.now() + 1_000 };
    const item = scene.acceptance({ callback: null }, { admission, idempotency });
    return only(await store.intake.acceptJobs([item], scene.now()));
  }

  /** The endpoints that the newest job's event is owed to. */
  async function owedTo(scene: Scene): Promise<readonly (string | null)[]> {
    const answer = await accept(scene);
    const jobId = answer.kind === "accepted" ? answer.job.id : "";
    const page = { after: null, limit: 9 };
    const { items } = await scene.store.reads.listDeliveries(tenantId, { jobId }, page);
    return items.map(({ endpointId }) => endpointId);
  }

  const keyOf = ({ id }: Endpoint) => ({ tenantId, endpointId: id });

  it("spares it the reading, for as long as it is so", async () => {
    const { scene } = await openForeseeing();
    const query = vi.spyOn(Client.prototype, "query");
    try {
      await accept(scene);
      await accept(scene, { key: "k" });
      const asked = query.mock.calls as unknown as [{ readonly text?: string }][];
      const texts = asked.map(([config]) => config.text ?? "");
      expect(texts.filter((text) => text.startsWith('insert into "job"'))).toHaveLength(2);
      expect(texts.filter((text) => text.includes("from endpoint\n"))).toEqual([]);
    } finally {
      query.mockRestore();
    }
  });

  it("is looked at again when another process has made, changed or deleted an endpoint", async () => {
    const { scene, other, endpoint } = await openForeseeing();
    expect(await owedTo(scene)).toEqual([endpoint.id]);
    const change = { change: { events: ["job.failed"] }, seen: endpoint.updatedAt, secret: null };
    await other.support.changeEndpoint(keyOf(endpoint), { ...change, now: scene.now() }, act);
    expect(await owedTo(scene)).toEqual([]);
    const { support } = scene.store;
    const seen = present(await scene.store.reads.getEndpoint(tenantId, endpoint.id)).updatedAt;
    const back = { change: { events: ["job.queued"] }, seen, secret: null, now: scene.now() };
    await support.changeEndpoint(keyOf(endpoint), back, act);
    expect(await owedTo(scene)).toEqual([endpoint.id]);
    await other.support.deleteEndpoint(keyOf(endpoint), scene.now(), act);
    expect(await owedTo(scene)).toEqual([]);
  });

  it("is looked at again when another process has changed the tenant's limit or filled it", async () => {
    const { scene, other } = await openForeseeing();
    const limits = { unfinishedMax: 2 };
    await other.tenants.changeTenant(tenantId, { limits }, scene.now(), act);
    expect(await accept(scene)).toMatchObject({ kind: "accepted" });
    expect(await accept(scene)).toEqual({ kind: "over_quota", unfinishedMax: 2 });
    await other.tenants.changeTenant(tenantId, { limits: { unfinishedMax: 4 } }, scene.now(), act);
    expect(await accept(scene)).toMatchObject({ kind: "accepted" });
    expect(await accept(scene, { store: other })).toMatchObject({ kind: "accepted" });
    expect(await accept(scene)).toEqual({ kind: "over_quota", unfinishedMax: 4 });
  });

  it("is looked at again when a key has been used by another process", async () => {
    const { scene, other } = await openForeseeing();
    const made = await accept(scene, { store: other, key: "k" });
    expect(made.kind).toBe("accepted");
    expect(await accept(scene)).toMatchObject({ kind: "accepted" });
    const again = await accept(scene, { key: "k" });
    expect(again).toMatchObject({ kind: "replayed", job: { id: "job" in made ? made.job.id : "" } });
  });
});
