// What an operator's own events promise: told once for a key, to every endpoint that wants them, in the very bytes that came.
import { beforeEach, describe, expect, it } from "vitest";
import type { AcceptedEvent, Delivery, Event } from "@ringback/core";
import { feedOf, only, openScene, otherTenantId, tenantId, type OpenStore, type Scene } from "./scene.ts";

const hourMs = 3_600_000;
const data = '{ "n": 12345678901234567890, "b": 1, "a": "😀" }';

export function describeOwnEvents(openStore: OpenStore): void {
  describe("an operator's own events", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });
    const tell = async (over: Telling = {}): Promise<AcceptedEvent> => {
      const { key, requestHash = "h", ...rest } = over;
      const expiresAt = scene.now() + hourMs;
      const idempotency = key === undefined ? null : { key, requestHash, expiresAt };
      const item = { tenantId, type: "invoice.paid", data, idempotency, ...rest };
      return only(await scene.store.intake.acceptEvents([item], scene.now()));
    };
    const feed = (): Promise<readonly Event[]> => feedOf(scene.store, 0);
    const deliveries = async (): Promise<readonly Delivery[]> =>
      (await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 99 })).items;

    it("are told in the bytes that came, and are no job's", async () => {
      const told = await tell();
      const event = only(await feed());
      expect(told).toEqual({ kind: "accepted", id: event.id, createdAt: scene.now(), deliveries: 0 });
      expect(event).toMatchObject({ tenantId, type: "invoice.paid", jobId: null, createdAt: scene.now() });
      expect(event.body).toBe(
        `{"type":"invoice.paid","timestamp":"2026-11-22T09:00:00.000Z","data":${data}}`,
      );
    });

    it("go to every endpoint that wants the type, each once; a paused one holds its delivery", async () => {
      const all = await scene.createEndpoint({ events: ["*"] });
      const some = await scene.createEndpoint({ events: ["invoice.*", "invoice.paid"] });
      await scene.createEndpoint({ events: ["job.*"] });
      await scene.createEndpoint({ events: [] });
      await scene.createEndpoint({ tenantId: otherTenantId, events: ["*"] });
      const paused = await scene.createEndpoint({ events: ["*.paid"] });
      const key = { tenantId, endpointId: paused.id };
      await scene.store.support.setEndpointStatus(key, { status: "paused", reason: "operator" }, scene.now());
      scene.takeRings();

      const told = await tell();

      const { id: eventId } = only((await feed()).filter(({ type }) => type === "invoice.paid"));
      expect(told).toMatchObject({ kind: "accepted", id: eventId, deliveries: 3 });
      const made = (await deliveries()).filter((one) => one.eventId === eventId);
      expect(new Set(made.map(({ endpointId }) => endpointId))).toEqual(
        new Set([all.id, some.id, paused.id]),
      );
      for (const one of made) {
        const due = one.endpointId === paused.id ? null : scene.now();
        expect(one).toMatchObject({ eventId, jobId: null, status: "pending", dueAt: due });
      }
      const rung = scene.takeRings().flatMap((ring) => (ring.kind === "lane" ? [ring.laneId] : []));
      expect(rung.toSorted()).toEqual([all.id, some.id].toSorted());
    });

    it("are sent as a job's are, in their own bytes, and end as they do", async () => {
      const { id: laneId } = await scene.createEndpoint({ events: ["invoice.*"] });
      await tell();
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      const event = only(await feed());
      expect(claimed).toMatchObject({ endpointId: laneId, eventId: event.id, eventType: "invoice.paid" });
      expect(claimed).toMatchObject({ jobId: null, body: event.body, traceparent: null });
      await scene.record(lane, claimed, { code: "no_retry", status: 400 });
      expect(await scene.getDelivery(claimed.id)).toMatchObject({ status: "dead", code: "no_retry" });
    });

    it("with a key are told once: sent again they are answered as the first time, also to a changed tenant", async () => {
      await scene.createEndpoint({ events: ["*"] });
      const first = await tell({ key: "k" });
      scene.pass(1_000);
      await scene.createEndpoint({ events: ["*"] });
      expect(await tell({ key: "k" })).toEqual({ ...first, kind: "replayed" });
      expect(await feed()).toHaveLength(1);
      expect(await deliveries()).toHaveLength(1);
    });

    it("with a key that another request used are refused, whatever that made", async () => {
      const first = await tell({ key: "k" });
      const madeId = "id" in first ? first.id : "";
      const reused = { kind: "key_reused", requestHash: "h", madeId };
      expect(await tell({ key: "k", requestHash: "other" })).toEqual(reused);
      const expiresAt = scene.now() + hourMs;
      const accept = async (key: string, requestHash: string) => {
        const item = scene.acceptance({}, { idempotency: { key, requestHash, expiresAt } });
        return only(await scene.store.intake.acceptJobs([item], scene.now()));
      };
      // The same hash, too: a key that made an event cannot make a job, nor the other way round.
      expect(await accept("k", "h")).toEqual(reused);
      expect(await accept("k", "other")).toEqual(reused);
      const job = await accept("j", "h");
      const jobId = "job" in job ? job.job.id : "";
      expect(await tell({ key: "j" })).toEqual({ kind: "key_reused", requestHash: "h", madeId: jobId });
      expect(await tell({ key: "k", tenantId: otherTenantId })).toMatchObject({ kind: "accepted" });
      expect(await scene.store.reads.findIdempotent(tenantId, "k", scene.now())).toBeNull();
      expect(await feed()).toHaveLength(1);
    });

    it("with an expired key are told anew", async () => {
      await tell({ key: "k" });
      scene.pass(hourMs);
      expect(await tell({ key: "k", requestHash: "other" })).toMatchObject({ kind: "accepted" });
      expect(await feed()).toHaveLength(2);
    });

    it("several at once in one call, the same key twice among them, make one event for each key", async () => {
      const idempotency = { key: "k", requestHash: "h", expiresAt: scene.now() + hourMs };
      const item = { tenantId, type: "a", data: "1", idempotency };
      const items = [item, item, { ...item, idempotency: null }];
      const [first, again, free] = await scene.store.intake.acceptEvents(items, scene.now());
      expect([first?.kind, again?.kind, free?.kind]).toEqual(["accepted", "replayed", "accepted"]);
      expect(await feed()).toHaveLength(2);
      expect(await scene.store.intake.acceptEvents([], scene.now())).toEqual([]);
    });
  });

  describe("what no receiver has taken", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });
    const tell = async (type = "a"): Promise<string> => {
      const item = { tenantId, type, data: "1", idempotency: null };
      const told = only(await scene.store.intake.acceptEvents([item], scene.now()));
      if (told.kind === "key_reused") throw new Error(told.kind);
      return told.id;
    };
    const isTaken = async (id: string, whose = tenantId): Promise<boolean> =>
      (await scene.store.reads.takenEvents(whose, [id, "evt_unknown"])).has(id);
    /** Sends the lane's one due delivery, and records that ending. */
    const send = async (code: "ok" | "no_retry"): Promise<string> => {
      const lane = await scene.holdLane();
      const claimed = only(await scene.claimDeliveries(lane));
      await scene.record(lane, claimed, { code });
      await scene.store.lanes.release([lane], scene.now());
      return claimed.id;
    };

    it("is an event without deliveries, with pending ones and with dead ones; not one that was delivered", async () => {
      const alone = await tell();
      await scene.createEndpoint({ events: ["a"] });
      const id = await tell();
      expect([await isTaken(alone), await isTaken(id)]).toEqual([false, false]);
      const deliveryId = await send("no_retry");
      expect(await isTaken(id)).toBe(false);
      await scene.store.support.redeliver([{ tenantId, deliveryId }], scene.now());
      await send("ok");
      expect([await isTaken(alone), await isTaken(id)]).toEqual([false, true]);
      expect(await isTaken(id, otherTenantId)).toBe(false);
      expect(await scene.store.reads.takenEvents(tenantId, [])).toEqual(new Set());
    });

    it("is not an event that one of two receivers has taken, nor one that is being delivered again", async () => {
      await scene.createEndpoint({ events: ["a"] });
      const paused = await scene.createEndpoint({ events: ["a"] });
      const key = { tenantId, endpointId: paused.id };
      await scene.store.support.setEndpointStatus(key, { status: "paused", reason: "operator" }, scene.now());
      const id = await tell();
      const deliveryId = await send("ok");
      expect(await isTaken(id)).toBe(true);
      await scene.store.support.redeliver([{ tenantId, deliveryId }], scene.now());
      expect((await scene.getDelivery(deliveryId)).status).toBe("pending");
      expect(await isTaken(id)).toBe(true);
      await send("no_retry");
      expect(await isTaken(id)).toBe(true);
    });

    it("is still known when the delivery has been deleted before its event", async () => {
      await scene.createEndpoint({ events: ["a"] });
      const [id] = [await tell(), await send("ok")];
      const dead = await tell();
      const deadDelivery = await send("no_retry");
      scene.pass(2 * hourMs);
      const retention = {
        eventsMs: 9 * hourMs,
        deliveriesMs: hourMs,
        deadLettersMs: hourMs,
        tombstonesMs: 9e12,
        attemptBodiesMs: hourMs,
        replaysMs: hourMs,
      };
      await scene.store.expire({ now: scene.now(), limit: 500, retention });
      expect(await scene.store.reads.getDelivery(tenantId, deadDelivery)).toBeNull();
      expect([await isTaken(id), await isTaken(dead)]).toEqual([true, false]);
    });
  });
}

interface Telling {
  readonly key?: string;
  readonly requestHash?: string;
  readonly tenantId?: string;
}
