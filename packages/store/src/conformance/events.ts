// What events promise: the end is always told, the rest when asked for; each receiver once, with the very same bytes.
import { beforeEach, describe, expect, it } from "vitest";
import { eventBody, inlineResultBytesMax, jobToJson, terminalEvents, type Event } from "@ringback/core";
import {
  feedOf,
  only,
  openScene,
  otherTenantId,
  present,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const all = ["job.*"];

export function describeEvents(openStore: OpenStore): void {
  describe("events", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });
    const feed = (after = 0, limit = 100): Promise<readonly Event[]> => feedOf(scene.store, after, limit);
    const types = async (): Promise<string[]> => (await feed()).map(({ type }) => type);

    it("the end of a job is always told, what comes before only when somebody asked for it", async () => {
      await scene.finishJob({ callback: null });
      expect(await types()).toEqual(["job.succeeded"]);
      const url = "https://example.com/all";
      await scene.submit({ callback: { url, events: all, headers: {}, secret: null } });
      const run = only(await scene.claimRuns());
      await scene.store.runs.reportProgress([{ ...run, percent: 1, message: null }], scene.now());
      await scene.endRun(run);
      expect((await types()).slice(1)).toEqual([
        "job.queued",
        "job.started",
        "job.progress",
        "job.succeeded",
      ]);
    });

    it("an endpoint that wants an event makes it told, also while it is paused", async () => {
      const { id } = await scene.createEndpoint({ events: ["job.queued"] });
      await scene.store.support.setEndpointStatus(
        { tenantId, endpointId: id },
        { status: "paused", reason: "operator" },
        scene.now(),
      );
      await scene.submit({ callback: null });
      expect(await types()).toEqual(["job.queued"]);
      const { items } = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 9 });
      expect(only(items)).toMatchObject({ endpointId: id, laneId: id, status: "pending", dueAt: null });
    });

    it("G5 a terminal event shows the job exactly as it is read afterwards, its own deliveries counted", async () => {
      const job = await scene.finishJob({ input: '{"n":12345678901234567890,"e":"😀"}' });
      const event = only(await feed());
      const options = { resultUrl: null, resultBytesMax: inlineResultBytesMax };
      expect(job.callback?.deliveries.pending).toBe(1);
      expect(event.body).toBe(eventBody("job.succeeded", event.createdAt, jobToJson(job, options)));
      expect(event.body).toContain('"n":12345678901234567890,"e":"😀"');
    });

    it("a result too long for the event is replaced by its URL", async () => {
      await scene.submit();
      const body = new TextEncoder().encode(JSON.stringify("x".repeat(inlineResultBytesMax)));
      const result = { contentType: "application/json", body };
      const resultUrl = "https://ringback.example/r?token=t";
      await scene.endRun(only(await scene.claimRuns()), { kind: "succeeded", result, resultUrl });
      const told = JSON.parse(only(await feed()).body) as { data: Record<string, unknown> };
      expect(told.data["resultUrl"]).toBe(resultUrl);
      expect(told.data).not.toHaveProperty("result");
    });

    it("every receiver that wants an event gets one delivery, and none gets two", async () => {
      const named = await scene.createEndpoint({ events: all });
      const other = await scene.createEndpoint({ events: ["job.succeeded"] });
      await scene.createEndpoint({ events: ["job.failed"] });
      await scene.createEndpoint({ tenantId: otherTenantId, events: all });
      const callback = { endpointId: named.id, events: terminalEvents };
      await scene.finishJob({ callback });
      const { items } = await scene.store.reads.listDeliveries(
        tenantId,
        { status: ["pending"] },
        { after: null, limit: 99 },
      );
      const ended = items.filter(({ eventType }) => eventType === "job.succeeded");
      expect(new Set(ended.map(({ endpointId }) => endpointId))).toEqual(new Set([named.id, other.id]));
      expect(ended).toHaveLength(2);
      expect(new Set(ended.map(({ eventId }) => eventId)).size).toBe(1);
      // The endpoint also wanted what the callback did not; only what the callback is owed stands on the job.
      expect(items.map(({ eventType }) => eventType).toSorted()).toEqual([
        "job.queued",
        "job.started",
        "job.succeeded",
        "job.succeeded",
      ]);
      expect(present(only((await listJobs(scene)).items).callback).deliveries.pending).toBe(1);
    });

    it("the feed gives each event once, in order, in pages of any size", async () => {
      for (let at = 0; at < 5; at += 1) await scene.finishJob();
      const whole = await feed();
      const paged: Event[] = [];
      for (let page = await feed(0, 2); page.length > 0; page = await feed(paged.at(-1)?.seq, 2)) {
        paged.push(...page);
      }
      expect(paged).toEqual(whole);
      expect(whole).toHaveLength(5);
      expect(whole.map(({ seq }) => seq)).toEqual(whole.map(({ seq }) => seq).toSorted((a, b) => a - b));
      expect(await scene.store.reads.feedHead(tenantId)).toBe(whole.at(-1)?.seq);
    });

    it("a job's own events are its own", async () => {
      const job = await scene.finishJob();
      await scene.finishJob();
      const events = await scene.store.reads.listJobEvents(tenantId, job.id, { after: 0, limit: 10 });
      expect(only(events)).toMatchObject({ jobId: job.id, type: "job.succeeded" });
      const after = only(events).seq;
      expect(await scene.store.reads.listJobEvents(tenantId, job.id, { after, limit: 10 })).toEqual([]);
    });
  });
}

function listJobs(scene: Scene): ReturnType<Scene["store"]["reads"]["listJobs"]> {
  return scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 10 });
}
