// What reads promise: every page once, every filter exact, and of another tenant's things not a trace.
import { beforeEach, describe, expect, it } from "vitest";
import {
  inlineResultBytesMax,
  type DeliveryFilter,
  type JobFilter,
  type ListPosition,
  type Page,
  type PageRequest,
} from "@ringback/core";
import { only, openScene, otherTenantId, present, tenantId, type OpenStore, type Scene } from "./scene.ts";

const firstPage: PageRequest = { after: null, limit: 50 };

export function describeReads(openStore: OpenStore): void {
  describe("reads", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    it("a list is paged newest first, each item once, also within one millisecond", async () => {
      const ids: string[] = [];
      for (let at = 0; at < 7; at += 1) {
        ids.push((await scene.submit()).id);
        if (at === 3) scene.pass(1);
      }
      const list = (page: PageRequest) => scene.store.reads.listJobs(tenantId, {}, page);
      const whole = (await list(firstPage)).items;
      expect(whole.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      expect(await everyPage(list, 3)).toEqual(whole);
      expect(whole.map(({ createdAt }) => createdAt)).toEqual(
        whole.map(({ createdAt }) => createdAt).toSorted((a, b) => b - a),
      );
      expect((await list({ after: null, limit: 7 })).next).toBeNull();
      expect((await list({ after: null, limit: 6 })).next).not.toBeNull();
    });

    it("a list shows short inputs and JSON results as they are, and leaves out long ones", async () => {
      const max = inlineResultBytesMax;
      const text = (bytes: number): string => JSON.stringify("é".repeat((bytes - 2) / 2));
      const shown = async (input: string | null, contentType: string, result: string) => {
        const job = await scene.submit({ input, callback: null });
        const body = new TextEncoder().encode(result);
        const outcome = { kind: "succeeded", result: { contentType, body }, resultUrl: null } as const;
        await scene.endRun(only(await scene.claimRuns()), outcome);
        const { items } = await scene.store.reads.listJobs(tenantId, {}, firstPage);
        const listed = present(items.find(({ id }) => id === job.id));
        return { input: listed.input, result: listed.result && new TextDecoder().decode(listed.result.body) };
      };
      const json = "application/json";
      expect(await shown(text(max), json, text(max))).toEqual({ input: text(max), result: text(max) });
      const long = await shown(text(max + 2), json, text(max + 2));
      expect(long).toEqual({ input: undefined, result: null });
      expect(await shown(null, "text/plain", "1")).toEqual({ input: null, result: null });
      expect(await shown("null", json, "")).toEqual({ input: "null", result: "" });
    });

    it("jobs are filtered by status, kind, time and metadata, all together", async () => {
      const ids = async (filter: JobFilter): Promise<string[]> =>
        (await scene.store.reads.listJobs(tenantId, filter, firstPage)).items.map(({ id }) => id);
      const first = await scene.submit({ metadata: { customer: "c1", 'a"b': true, n: 12, no: null } });
      await scene.claimRuns();
      scene.pass(10);
      const second = await scene.submit({ kind: "other", metadata: { customer: "c1", n: "12" } });
      expect(await ids({ status: ["queued"] })).toEqual([second.id]);
      expect(await ids({ status: ["queued", "running"] })).toEqual([second.id, first.id]);
      expect(await ids({ status: [] })).toEqual([]);
      expect(await ids({ kind: "other" })).toEqual([second.id]);
      expect(await ids({ createdAfter: scene.now() })).toEqual([second.id]);
      expect(await ids({ metadata: { customer: "c1" } })).toEqual([second.id, first.id]);
      expect(await ids({ metadata: { customer: "c1", 'a"b': "true" } })).toEqual([first.id]);
      expect(await ids({ metadata: { n: "12" } })).toEqual([second.id, first.id]);
      expect(await ids({ metadata: { no: "null" } })).toEqual([first.id]);
      expect(await ids({ metadata: { customer: "c1" }, kind: "report", status: ["running"] })).toEqual([
        first.id,
      ]);
      expect(await ids({ metadata: { customer: "c2" } })).toEqual([]);
      expect(await ids({ metadata: { absent: "null" } })).toEqual([]);
    });

    it("deliveries and dead letters are filtered by every field", async () => {
      const { endpoint, inline, ofEndpoint } = await twoDeliveries(scene);
      const list = async (filter: DeliveryFilter): Promise<string[]> =>
        (await scene.store.reads.listDeliveries(tenantId, filter, firstPage)).items.map(({ id }) => id);
      const dead = async (filter: DeliveryFilter): Promise<string[]> =>
        (await scene.store.reads.listDeadLetters(tenantId, filter, firstPage)).items.map(
          ({ delivery }) => delivery.id,
        );
      const { createdAt } = await scene.getDelivery(ofEndpoint);
      const both = [ofEndpoint, inline].toSorted().toReversed();
      expect((await list({})).toSorted().toReversed()).toEqual(both);
      const oneOf: readonly DeliveryFilter[] = [
        { endpointId: endpoint.id },
        { host: "receiver.example" },
        { code: "no_retry" },
        { httpStatus: 404 },
        { endpointId: endpoint.id, host: "receiver.example", code: "no_retry", status: ["dead"] },
      ];
      for (const filter of oneOf) {
        expect(await list(filter), JSON.stringify(filter)).toEqual([ofEndpoint]);
        expect(await dead(filter), JSON.stringify(filter)).toEqual([ofEndpoint]);
      }
      const jobId = present((await scene.getDelivery(inline)).jobId);
      expect(await list({ jobId, host: "example.com" })).toEqual([inline]);
      expect(await list({ status: ["delivered"] })).toEqual([inline]);
      expect(await list({ from: createdAt, until: createdAt + 1 })).toHaveLength(2);
      expect(await list({ until: createdAt })).toEqual([]);
      const letter = present(await scene.store.reads.getDeadLetter(tenantId, ofEndpoint)).deadLetter;
      expect(await dead({ from: letter.diedAt })).toEqual([ofEndpoint]);
      expect(await dead({ until: letter.diedAt })).toEqual([]);
    });

    it("dead letters are paged by when they died, the last first", async () => {
      const ids: string[] = [];
      for (let at = 0; at < 5; at += 1) {
        await scene.finishJob();
        const lane = await scene.holdLane();
        const claimed = only(await scene.claimDeliveries(lane));
        await scene.record(lane, claimed, { code: "no_retry", status: 404 });
        await scene.store.lanes.release([lane], scene.now());
        ids.unshift(claimed.id);
        scene.pass(1);
      }
      const list = (page: PageRequest) => scene.store.reads.listDeadLetters(tenantId, {}, page);
      expect((await everyPage(list, 2)).map(({ delivery }) => delivery.id)).toEqual(ids);
    });

    it("endpoints are kept whole and paged newest first", async () => {
      const asked = { headers: { authorization: "Bearer x" }, description: "CRM", metadata: { a: 1 } };
      const first = await scene.createEndpoint({ ...asked, retry: [1, 2], timeoutMs: 5_000 });
      scene.pass(1);
      const second = await scene.createEndpoint();
      expect(first).toMatchObject({
        ...asked,
        status: "active",
        pausedReason: null,
        createdAt: scene.now() - 1,
      });
      expect(await scene.store.reads.getEndpoint(tenantId, first.id)).toEqual(first);
      const list = (page: PageRequest) => scene.store.reads.listEndpoints(tenantId, page);
      expect(await everyPage(list, 1)).toEqual([second, first]);
    });

    it("I9 every read of one tenant's things as another is as if they did not exist (F124)", async () => {
      const { endpoint, inline, ofEndpoint } = await twoDeliveries(scene);
      const jobId = present((await scene.getDelivery(inline)).jobId);
      const { reads, support } = scene.store;
      const other = otherTenantId;
      expect(await reads.getJob(other, jobId)).toBeNull();
      expect(await reads.getResult(other, jobId)).toBeNull();
      expect(await reads.listJobEvents(other, jobId, { after: 0, limit: 9 })).toEqual([]);
      expect(await reads.getEndpoint(other, endpoint.id)).toBeNull();
      expect(await reads.getDelivery(other, inline)).toBeNull();
      expect(await reads.getDeadLetter(other, ofEndpoint)).toBeNull();
      expect(await reads.readFeed(other, { after: 0, limit: 9 })).toMatchObject({ kind: "read", events: [] });
      expect(await reads.feedHead(other)).toBe(0);
      const empty = { items: [], next: null };
      expect(await reads.listJobs(other, {}, firstPage)).toEqual(empty);
      expect(await reads.listEndpoints(other, firstPage)).toEqual(empty);
      expect(await reads.listDeliveries(other, { jobId }, firstPage)).toEqual(empty);
      expect(await reads.listDeadLetters(other, { endpointId: endpoint.id }, firstPage)).toEqual(empty);
      const key = { tenantId: other, endpointId: endpoint.id };
      const pause = { status: "paused", reason: "operator" } as const;
      expect(await support.setEndpointStatus(key, pause, scene.now())).toBeNull();
      expect(await reads.getEndpoint(tenantId, endpoint.id)).toMatchObject({ status: "active" });
    });
  });
}

/** One job told to its callback, which took it, and to an endpoint, which refused it for good. */
async function twoDeliveries(scene: Scene) {
  const endpoint = await scene.createEndpoint({ events: ["job.succeeded"] });
  await scene.finishJob();
  let inline = "";
  let ofEndpoint = "";
  const held = await scene.store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs: 1_000 });
  for (const lane of held) {
    const claimed = only(await scene.claimDeliveries(lane));
    if (claimed.endpointId === null) inline = claimed.id;
    else ofEndpoint = claimed.id;
    await scene.record(lane, claimed, claimed.endpointId === null ? {} : { code: "no_retry", status: 404 });
  }
  await scene.store.lanes.release(held, scene.now());
  return { endpoint, inline, ofEndpoint };
}

async function everyPage<Item>(
  list: (page: PageRequest) => Promise<Page<Item, ListPosition>>,
  limit: number,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: ListPosition | null = null;
  do {
    const page: Page<Item, ListPosition> = await list({ after, limit });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}
