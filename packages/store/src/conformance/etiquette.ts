// What lanes promise to receivers: breaker, rate, concurrency and order are exact, backlogs are spread, and operators are told.
import { beforeEach, describe, expect, it } from "vitest";
import { breakerFailures, failingPausesMs, spreadMs, type HeldLane } from "@ringback/core";
import {
  feedOf,
  holder,
  leaseMs,
  only,
  openScene,
  otherTenantId,
  present,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const dayMs = 86_400_000;

export function describeEtiquette(openStore: OpenStore): void {
  describe("etiquette", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });

    async function owe(count: number): Promise<void> {
      for (let n = 0; n < count; n += 1) await scene.finishJob({ callback: null });
    }
    const claimed = async (lane: HeldLane, limit = 50, inFlight = 0) => {
      const answer = await scene.store.lanes.claimDeliveries(lane, { now: scene.now(), limit, inFlight });
      if (answer.kind === "lost") throw new Error("the lane is lost");
      return answer;
    };
    const nextDue = async (): Promise<number> =>
      present((await scene.store.due(scene.now(), 5)).nextLaneAt) - scene.now();

    describe("the breaker", () => {
      /** Opens the breaker with a first batch, and leaves `left` owed. */
      async function tripped(left: number): Promise<HeldLane> {
        await scene.createEndpoint({ events: ["job.succeeded"] });
        await owe(breakerFailures + left);
        const lane = await scene.holdLane();
        const { deliveries } = await claimed(lane, breakerFailures);
        for (const delivery of deliveries) await scene.record(lane, delivery, { code: "http_5xx" });
        return lane;
      }

      it("F111 opens after failures in a row, and then no attempt is spent", async () => {
        const lane = await tripped(3);
        const { deliveries, pace } = await claimed(lane);
        expect(deliveries).toEqual([]);
        expect(pace?.notBefore).toBeGreaterThanOrEqual(scene.now() + 8_000);
        await scene.store.lanes.release([lane], scene.now());
        expect((await scene.store.due(scene.now(), 5)).lanes).toEqual([]);
        expect(await nextDue()).toBeGreaterThanOrEqual(8_000);
        const again = { holder, limit: 5, now: scene.now(), leaseMs, only: [lane] };
        expect(await scene.store.lanes.claim(again)).toEqual([]);
      });

      it("F112 lets a single probe through, then ramps up by its successes until it is closed", async () => {
        const lane = await tripped(40);
        scene.pass(12_000);
        let batch = (await claimed(lane)).deliveries;
        expect(batch).toHaveLength(1);
        expect((await claimed(lane, 50, 1)).deliveries).toEqual([]);
        const sizes = [];
        for (let round = 0; round < 4; round += 1) {
          for (const delivery of batch) await scene.record(lane, delivery);
          batch = (await claimed(lane)).deliveries;
          sizes.push(batch.length);
        }
        expect(sizes.slice(0, 3)).toEqual([2, 4, 8]);
        for (const delivery of batch) await scene.record(lane, delivery);
        expect((await claimed(lane)).pace).toBeNull();
      });

      it("F112 a probe that fails opens it again, for longer", async () => {
        const lane = await tripped(5);
        scene.pass(12_000);
        await scene.record(lane, only((await claimed(lane)).deliveries), { code: "connect_timeout" });
        const { deliveries, pace } = await claimed(lane);
        expect(deliveries).toEqual([]);
        expect(present(pace?.notBefore) - scene.now()).toBeGreaterThanOrEqual(16_000);
      });

      it("a success in between, and refusals of a receiver that is alive, do not open it", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"] });
        await owe(2 * breakerFailures);
        const lane = await scene.holdLane();
        const { deliveries } = await claimed(lane, 2 * breakerFailures - 1);
        for (const [n, delivery] of deliveries.entries()) {
          const code = n % 5 === 4 ? "ok" : n % 5 === 3 ? "http_4xx" : "http_5xx";
          await scene.record(lane, delivery, { code });
        }
        expect((await claimed(lane)).deliveries).toHaveLength(1);
      });

      it("is remembered for an inline callback's origin as well, whoever holds the lane", async () => {
        for (let n = 0; n <= breakerFailures; n += 1) await scene.finishJob();
        const lane = await scene.holdLane();
        const { deliveries } = await claimed(lane, breakerFailures);
        for (const delivery of deliveries) await scene.record(lane, delivery, { code: "connect_refused" });
        await scene.store.lanes.release([lane], scene.now());
        scene.pass(12_000);
        const next = await scene.holdLane("process-2");
        expect((await claimed(next)).deliveries).toHaveLength(1);
      });
    });

    describe("the limits", () => {
      it("concurrency is exact: what is in flight takes its slots", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"], maxInFlight: 3 });
        await owe(6);
        const lane = await scene.holdLane();
        const first = await claimed(lane, 50, 0);
        expect(first.deliveries).toHaveLength(3);
        expect(first.pace).toMatchObject({ maxInFlight: 3 });
        expect((await claimed(lane, 50, 3)).deliveries).toEqual([]);
        expect((await claimed(lane, 50, 1)).deliveries).toHaveLength(2);
      });

      it("rate is exact: within no second do more begin, whoever claims", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"], ratePerSecond: 5 });
        await owe(30);
        const begun: number[] = [];
        let lane = await scene.holdLane();
        for (let ms = 0; ms < 3_000; ms += 20) {
          const { deliveries } = await claimed(lane);
          for (const delivery of deliveries) {
            begun.push(scene.now());
            await scene.record(lane, delivery);
          }
          if (ms % 500 === 0) {
            await scene.store.lanes.release([lane], scene.now());
            scene.pass(200);
            lane = await scene.holdLane(`process-${ms}`);
          }
          scene.pass(20);
        }
        expect(begun.length).toBeGreaterThanOrEqual(15);
        for (const at of begun) {
          expect(begun.filter((other) => other >= at && other < at + 1_000).length).toBeLessThanOrEqual(5);
        }
      });

      it("an ordered lane has one in flight, in the order of the events, and stops at its first failure", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"], ordered: true, retry: [5_000] });
        await owe(4);
        const inOrder = (await feedOf(scene.store)).map(({ id }) => id);
        const lane = await scene.holdLane();
        const first = only((await claimed(lane)).deliveries);
        expect(first.eventId).toBe(inOrder[0]);
        expect((await claimed(lane)).deliveries).toEqual([]);
        await scene.record(lane, first);
        const second = only((await claimed(lane)).deliveries);
        await scene.record(lane, second, { code: "http_5xx" });
        expect((await claimed(lane)).deliveries).toEqual([]);
        await owe(1);
        await scene.store.lanes.release([lane], scene.now());
        expect(await nextDue()).toBeGreaterThanOrEqual(4_000);
        scene.pass(6_000);
        const again = await scene.holdLane();
        const retried = only((await claimed(again)).deliveries);
        expect(retried.eventId).toBe(inOrder[1]);
        await scene.record(again, retried, { code: "http_5xx" });
        // Given up: the order goes on behind it.
        const third = only((await claimed(again)).deliveries);
        expect(third.eventId).toBe(inOrder[2]);
        await scene.record(again, third);
        expect(only((await claimed(again)).deliveries).eventId).toBe(inOrder[3]);
      });

      it("the head of an ordered lane that is redelivered is due at once, and rings", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"], ordered: true });
        await owe(2);
        const lane = await scene.holdLane();
        const head = only((await claimed(lane)).deliveries);
        await scene.record(lane, head, { code: "http_5xx" });
        await scene.store.lanes.release([lane], scene.now());
        scene.takeRings();
        await scene.store.support.redeliver([{ tenantId, deliveryId: head.id }], scene.now());
        expect(scene.takeRings()).toContainEqual({
          kind: "lane",
          tenantId,
          laneId: lane.laneId,
          at: scene.now(),
        });
        expect(only((await claimed(await scene.holdLane())).deliveries).id).toBe(head.id);
      });

      it("F79 an ordered delivery whose attempt was lost goes before what follows it", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"], ordered: true });
        await owe(2);
        const lost = only((await claimed(await scene.holdLane())).deliveries);
        scene.pass(leaseMs);
        await scene.store.recover({ now: scene.now() });
        expect(only((await claimed(await scene.holdLane())).deliveries).id).toBe(lost.id);
      });
    });

    describe("a backlog", () => {
      it("F113 of an outage of ours is spread over ten minutes", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"] });
        await owe(100);
        scene.pass(2 * 3_600_000);
        let lane = await scene.holdLane();
        const startedAt = scene.now();
        let sent = 0;
        const byMinute: number[] = [];
        while (sent < 100) {
          const { deliveries } = await claimed(lane);
          for (const delivery of deliveries) await scene.record(lane, delivery);
          sent += deliveries.length;
          const minute = Math.floor((scene.now() - startedAt) / 60_000);
          byMinute[minute] = (byMinute[minute] ?? 0) + deliveries.length;
          await scene.store.lanes.release([lane], scene.now());
          if (sent === 100) break;
          scene.pass(await nextDue());
          lane = await scene.holdLane();
        }
        expect(scene.now() - startedAt).toBeGreaterThanOrEqual(spreadMs * 0.95);
        expect(scene.now() - startedAt).toBeLessThanOrEqual(spreadMs * 1.05);
        expect(Math.max(...byMinute)).toBeLessThanOrEqual(11);
      });

      it("that is small, or was looked after all the time, is not", async () => {
        await scene.createEndpoint({ events: ["job.succeeded"] });
        await owe(30);
        scene.pass(3_600_000);
        const lane = await scene.holdLane();
        expect((await claimed(lane, 10)).deliveries).toHaveLength(10);
        await scene.store.lanes.release([lane], scene.now());
        await owe(60);
        scene.pass(60_000);
        const again = await scene.holdLane();
        expect((await claimed(again, 80)).deliveries).toHaveLength(80);
      });
    });

    describe("operators", () => {
      async function failFor(ms: number, stepMs = dayMs / 2): Promise<void> {
        for (let passed = 0; passed <= ms; passed += stepMs) {
          await owe(1);
          const lanes = await scene.store.lanes.claim({ holder, limit: 1, now: scene.now(), leaseMs });
          const [lane] = lanes;
          if (lane === undefined) return;
          for (const delivery of (await claimed(lane, 1)).deliveries) {
            await scene.record(lane, delivery, { code: "http_4xx", status: 404, policy: [] });
          }
          await scene.store.lanes.release([lane], scene.now());
          scene.pass(stepMs);
        }
      }
      const told = async (): Promise<{ type: string; data: Record<string, unknown> }[]> =>
        (await feedOf(scene.store))
          .filter(({ type }) => !type.startsWith("job."))
          .map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> });

      it("F110 are told at 50 % and 90 % of five days of failing, and of the pause that follows; what is owed is held", async () => {
        const sick = await scene.createEndpoint({ events: ["job.succeeded"] });
        const operators = await scene.createEndpoint({ events: ["endpoint.*"] });
        await scene.store.support.setEndpointStatus(
          { tenantId, endpointId: operators.id },
          { status: "paused", reason: "operator" },
          scene.now(),
        );
        await failFor(failingPausesMs);
        expect(
          (await told()).map(({ type, data }) => [type, data["percent"] ?? data["pausedReason"]]),
        ).toEqual([
          ["endpoint.failing", 50],
          ["endpoint.failing", 90],
          ["endpoint.paused", "failing"],
        ]);
        expect((await told()).every(({ data }) => data["endpointId"] === sick.id)).toBe(true);
        const read = await scene.store.reads.getEndpoint(tenantId, sick.id);
        expect(read).toMatchObject({ status: "paused", pausedReason: "failing" });
        await owe(1);
        const page = await scene.store.reads.listDeliveries(
          tenantId,
          { endpointId: sick.id, status: ["pending"] },
          { after: null, limit: 5 },
        );
        expect(only(page.items)).toMatchObject({ status: "pending", dueAt: null });
        const resume = { status: "active", reason: null } as const;
        await scene.store.support.setEndpointStatus({ tenantId, endpointId: sick.id }, resume, scene.now());
        expect((await claimed(await scene.holdLane())).deliveries).toHaveLength(1);
      });

      it("a success begins the five days anew", async () => {
        const sick = await scene.createEndpoint({ events: ["job.succeeded"] });
        await scene.createEndpoint({ events: ["endpoint.failing"] });
        await failFor(2 * dayMs);
        await owe(1);
        const lane = await scene.holdLane();
        await scene.record(lane, only((await claimed(lane, 1)).deliveries));
        await scene.store.lanes.release([lane], scene.now());
        await failFor(2 * dayMs);
        expect(await told()).toEqual([]);
        const read = await scene.store.reads.getEndpoint(tenantId, sick.id);
        expect(read?.status).toBe("active");
      });

      it("are told of deliveries that died, once each, never by the endpoint itself, and never of their own", async () => {
        const sick = await scene.createEndpoint({ events: ["*.succeeded", "delivery.*"], retry: [] });
        await scene.createEndpoint({ events: ["delivery.dead"], retry: [], host: "operators.example" });
        await owe(1);
        const kill = async (): Promise<number> => {
          const lanes = await scene.store.lanes.claim({ holder, limit: 5, now: scene.now(), leaseMs });
          let count = 0;
          for (const lane of lanes) {
            const { deliveries } = await claimed(lane);
            for (const delivery of deliveries) {
              await scene.record(lane, delivery, { code: "http_5xx", detail: "down" });
              count += 1;
            }
          }
          await scene.store.lanes.release(lanes, scene.now());
          return count;
        };
        expect(await kill()).toBeGreaterThan(0);
        const [death, ...others] = await told();
        expect(death).toMatchObject({
          type: "delivery.dead",
          data: { endpointId: sick.id, code: "http_5xx", httpStatus: 500, attemptsMade: 1 },
        });
        expect(others).toEqual([]);
        while ((await kill()) > 0);
        expect(await told()).toHaveLength(1);
        const page = await scene.store.reads.listDeliveries(tenantId, {}, { after: null, limit: 50 });
        const ofDeath = page.items.filter(({ eventType }) => eventType === "delivery.dead");
        expect(ofDeath.map(({ host, status }) => [host, status])).toEqual([["operators.example", "dead"]]);
      });

      it("of another tenant hear nothing, and without anybody who wants to hear nothing is written", async () => {
        await scene.createEndpoint({ tenantId: otherTenantId, events: ["*"] });
        await scene.createEndpoint({ events: ["job.succeeded"], retry: [] });
        await owe(1);
        const lane = await scene.holdLane();
        await scene.record(lane, only((await claimed(lane)).deliveries), { code: "gone" });
        expect(await told()).toEqual([]);
        const theirs = await scene.store.reads.readFeed(otherTenantId, { after: null, limit: 10 });
        expect(theirs).toMatchObject({ events: [] });
      });
    });
  });
}
