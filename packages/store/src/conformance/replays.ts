// What replays promise: the items are those that were dead when it was made, each is made at most once, at the rate and in the
// order that were asked for, and whoever works it can be lost at any step.
import { beforeEach, describe, expect, it } from "vitest";
import {
  makeId,
  unfinishedReplaysMax,
  type Act,
  type Replay,
  type ReplayPlan,
  type ReplayStep,
} from "@ringback/core";
import { seeded } from "../testing/random-walk.ts";
import { dead, deadLetterStories, type DeadLetterStories } from "./dead-letter-stories.ts";
import {
  leaseMs,
  only,
  openScene,
  otherTenantId,
  present,
  tenantId,
  type OpenStore,
  type Scene,
} from "./scene.ts";

const act: Act = { by: { tenantId, keyId: "key_of_support" }, reason: "the receiver was repaired" };
const plan: ReplayPlan = {
  filter: {},
  ratePerSecond: 1_000,
  order: "oldest",
  stopAfterFailureRatio: null,
  reason: "the receiver was repaired",
};

function replayStories(scene: Scene) {
  const { replays, reads } = scene.store;
  const stories = {
    async create(over: Partial<ReplayPlan> = {}): Promise<Replay> {
      const id = makeId("rpl", scene.now(), scene.random);
      const created = await replays.create({ ...plan, ...over, tenantId, id }, scene.now(), act);
      if (created.kind !== "created") throw new Error(created.kind);
      return created.replay;
    },
    claim: (holder = "one", soleHolder = false) =>
      replays.claim({ holder, limit: 9, now: scene.now(), leaseMs, soleHolder }),
    step: (held: Parameters<typeof replays.step>[0], limit = 100): Promise<ReplayStep> =>
      replays.step(held, { now: scene.now(), leaseMs, limit }),
    get: async (id: string): Promise<Replay> => present(await reads.getReplay(tenantId, id)),
    change: async (replayId: string, verb: "pause" | "resume" | "cancel") =>
      present(await replays.change({ tenantId, replayId }, verb, scene.now(), act)),
    /** Steps until nothing changes any more, a second apart, with so many items a step; how many steps. */
    async workAll(limit = 100): Promise<number> {
      const held = only(await stories.claim());
      for (let steps = 1; ; steps += 1) {
        const step = await stories.step(held, limit);
        if (step.kind !== "working" || (!step.changed && step.goesOn === "by_looking")) return steps;
        scene.pass(1_000);
      }
    },
  };
  return stories;
}

export function describeReplays(openStore: OpenStore): void {
  describe("replays", () => {
    let scene: Scene;
    let letters: DeadLetterStories;
    let stories: ReturnType<typeof replayStories>;
    beforeEach(async () => {
      scene = await openScene(openStore);
      letters = deadLetterStories(scene);
      stories = replayStories(scene);
    });
    /** Claims what is due of the one lane, and records it all like this; the ids in the order they were claimed. */
    async function sendDue(ending = {}): Promise<string[]> {
      const lane = await scene.holdLane();
      const claimed = await scene.claimDeliveries(lane, 1_000);
      for (const one of claimed) await scene.record(lane, one, ending);
      await scene.store.lanes.release([lane], scene.now());
      return claimed.map(({ id }) => id);
    }

    it("one redelivers what was dead when it was made, once each, as attempts with the trigger replay, and is completed when they have ended", async () => {
      const ids = await letters.dieOften(3);
      const { id } = await stories.create();
      scene.pass(1);
      const later = await letters.die();
      await stories.workAll();
      expect(await stories.get(id)).toMatchObject({
        status: "running",
        counts: { total: 3, underWay: 3, waiting: 0 },
      });
      expect((await sendDue()).toSorted()).toEqual(ids.toSorted());
      const held = only(await stories.claim("two", true));
      expect(await stories.step(held)).toEqual({ kind: "over" });
      expect(await stories.get(id)).toMatchObject({
        status: "completed",
        finishedAt: scene.now(),
        counts: { total: 3, delivered: 3, underWay: 0, failed: 0, skipped: 0 },
      });
      for (const one of ids) {
        const { attempts } = present(await scene.store.reads.getDelivery(tenantId, one));
        expect(attempts.map(({ trigger }) => trigger)).toEqual(["auto", "replay"]);
        expect((await letters.letter(one)).state).toBe("resolved");
      }
      expect(await letters.listed()).toEqual([later]);
    });

    it.each(["oldest", "newest"] as const)(
      "with the order %s it begins with those that died first or last",
      async (order) => {
        const ids = await letters.dieOften(4);
        await stories.create({ order, ratePerSecond: 1 });
        const sent: string[] = [];
        const held = only(await stories.claim());
        await stories.step(held, 3);
        await stories.step(held, 3);
        for (let at = 0; at < 4; at += 1) {
          await stories.step(held);
          sent.push(...(await sendDue()));
          scene.pass(1_000);
        }
        expect(sent).toEqual(order === "oldest" ? ids : ids.toReversed());
      },
    );

    it("its rate holds over all who work it", async () => {
      await letters.dieOften(6);
      const { id } = await stories.create({ ratePerSecond: 2 });
      let held = only(await stories.claim());
      await stories.step(held);
      const made: number[] = [];
      for (let at = 0; at < 8; at += 1) {
        await stories.step(held);
        const { counts } = await stories.get(id);
        made.push(counts.total - counts.waiting);
        scene.pass(250);
        await scene.store.replays.release(held);
        held = only(await stories.claim(`process ${at}`));
      }
      expect(made).toEqual([1, 1, 2, 2, 3, 3, 4, 4]);
    });

    it("what is delivered, discarded or under way by then is skipped, and nobody else's is touched", async () => {
      const [delivered, discarded, underWay, stays] = await letters.dieOften(4);
      const { id } = await stories.create();
      const held = only(await stories.claim());
      await stories.step(held);
      scene.pass(1_000);
      await letters.redeliver(delivered ?? "");
      await sendDue();
      await letters.discard(discarded ?? "");
      await letters.redeliver(underWay ?? "");
      await stories.step(held);
      expect(await stories.get(id)).toMatchObject({
        counts: { total: 4, skipped: 3, underWay: 1, waiting: 0 },
      });
      expect(new Set(await sendDue())).toEqual(new Set([underWay, stays]));
      expect((await letters.letter(discarded ?? "")).state).toBe("discarded");
    });

    it("one that failed goes on by its own schedule and is counted as failed", async () => {
      await letters.dieOften(2);
      const { id } = await stories.create();
      const held = only(await stories.claim());
      await stories.step(held);
      scene.pass(1_000);
      await stories.step(held);
      await sendDue({ code: "http_5xx", policy: [60_000] });
      expect(await stories.step(held)).toEqual({ kind: "over" });
      expect(await stories.get(id)).toMatchObject({
        status: "completed",
        counts: { failed: 2, delivered: 0 },
      });
      scene.pass(60_000);
      expect(await sendDue()).toHaveLength(2);
    });

    it("stops when more than the given part has failed, makes no more, and goes on when it is resumed", async () => {
      await letters.dieOften(30);
      const { id } = await stories.create({ stopAfterFailureRatio: 0.5 });
      const held = only(await stories.claim());
      await stories.step(held);
      scene.pass(1_000);
      await stories.step(held, 25);
      await sendDue(dead);
      expect(await stories.step(held)).toEqual({ kind: "over" });
      expect(await stories.get(id)).toMatchObject({ status: "stopped", counts: { failed: 25, waiting: 5 } });
      scene.pass(60_000);
      expect(await stories.claim()).toEqual([]);
      expect((await stories.change(id, "resume")).kind).toBe("changed");
      await stories.workAll();
      await sendDue();
      await stories.step(only(await stories.claim("two", true)));
      expect(await stories.get(id)).toMatchObject({
        status: "completed",
        counts: { total: 30, failed: 25, delivered: 5 },
      });
    });

    it("paused it makes nothing, canceled it is over; what was made goes on either way", async () => {
      await letters.dieOften(4);
      const { id } = await stories.create();
      const held = only(await stories.claim());
      await stories.step(held);
      scene.pass(1_000);
      await stories.step(held, 2);
      expect(await stories.change(id, "pause")).toMatchObject({
        kind: "changed",
        replay: { status: "paused" },
      });
      expect((await stories.change(id, "pause")).kind).toBe("unchanged");
      expect(await stories.step(held)).toEqual({ kind: "lost" });
      expect(await stories.claim("two", true)).toEqual([]);
      expect(await sendDue()).toHaveLength(2);
      expect(await stories.change(id, "cancel")).toMatchObject({
        kind: "changed",
        replay: { status: "canceled", counts: { total: 4, waiting: 2 }, finishedAt: scene.now() },
      });
      expect((await stories.change(id, "cancel")).kind).toBe("unchanged");
      expect((await stories.change(id, "resume")).kind).toBe("finished");
      expect(await letters.listed()).toHaveLength(2);
      const { items } = await scene.store.tenants.listAudit(
        tenantId,
        { subject: id },
        { after: null, limit: 9 },
      );
      expect(new Set(items.map(({ action, reason }) => `${action}: ${reason ?? ""}`))).toEqual(
        new Set(["created", "paused", "canceled"].map((what) => `replay.${what}: ${act.reason ?? ""}`)),
      );
    });

    it("F117 a second one with the same filter is refused while the first is not over, also when both come at once", async () => {
      const create = (over: Partial<ReplayPlan>) =>
        scene.store.replays.create(
          { ...plan, ...over, tenantId, id: makeId("rpl", scene.now(), scene.random) },
          scene.now(),
          act,
        );
      const filter = { host: "example.com", code: "gone" } as const;
      const both = await Promise.all([
        create({ filter }),
        create({ filter: { code: "gone", host: "example.com" }, order: "newest" }),
      ]);
      expect(both.map(({ kind }) => kind).toSorted()).toEqual(["created", "running"]);
      const [first, second] = both.map((answer) => (answer.kind === "too_many" ? "" : answer.replay.id));
      expect(first).toBe(second);
      expect((await create({ filter: { host: "example.com" } })).kind).toBe("created");
      await stories.change(first ?? "", "cancel");
      expect((await create({ filter })).kind).toBe("created");
    });

    it(`at most ${unfinishedReplaysMax} of a tenant are unfinished`, async () => {
      for (let at = 0; at < unfinishedReplaysMax; at += 1)
        await stories.create({ filter: { httpStatus: 400 + at } });
      const one = { ...plan, tenantId, id: makeId("rpl", scene.now(), scene.random) };
      expect(await scene.store.replays.create(one, scene.now(), act)).toEqual({ kind: "too_many" });
      const theirs = { ...one, tenantId: otherTenantId };
      expect((await scene.store.replays.create(theirs, scene.now(), act)).kind).toBe("created");
    });

    it("one process holds it; another takes over when the lease is over, and what the first still brings is lost", async () => {
      await letters.dieOften(2);
      const { id } = await stories.create();
      const first = only(await stories.claim("first"));
      await stories.step(first);
      expect(await stories.claim("second")).toEqual([]);
      scene.pass(leaseMs);
      const second = only(await stories.claim("second"));
      expect(await stories.step(first)).toEqual({ kind: "lost" });
      await scene.store.replays.release(first);
      await stories.step(second);
      expect(await stories.get(id)).toMatchObject({ counts: { underWay: 2 } });
      // A process that starts alone has nobody to wait for.
      expect(await stories.claim("third", true)).toHaveLength(1);
    });

    it("its version grows with what can be seen of it, and everybody who listens is told", async () => {
      await letters.dieOften(1);
      const told: string[] = [];
      scene.store.changes.subscribe((changes) => {
        for (const change of changes) if (change.kind === "replay") told.push(change.replayId);
      });
      const { id } = await stories.create();
      const versions: number[] = [];
      const held = only(await stories.claim());
      for (let at = 0; at < 4; at += 1) {
        versions.push((await stories.get(id)).version);
        await stories.step(held);
      }
      expect(versions).toEqual([1, 2, 3, 3]);
      expect(told).toEqual([id, id, id]);
      const keys = [id, "rpl_none"].map((replayId) => ({ tenantId, replayId }));
      expect(await scene.store.reads.replayVersions(keys)).toEqual([3, null]);
    });

    it("a preview says exactly what it would be made of, and what has been delivered since", async () => {
      const [first] = await letters.dieOften(3);
      const { diedAt } = await letters.letter(first ?? "");
      await letters.die(dead, "b.example");
      await letters.discard(await letters.die(dead, "c.example"));
      const arrived = await letters.die(dead, "b.example");
      await letters.redeliver(arrived);
      await letters.attemptAgain();
      expect(await scene.store.reads.previewReplay(tenantId, {})).toEqual({
        count: 4,
        hosts: [
          { host: "example.com", count: 3 },
          { host: "b.example", count: 1 },
        ],
        hostCount: 2,
        oldestDiedAt: diedAt,
        deliveredSince: 1,
      });
      const none = { count: 0, hosts: [], hostCount: 0, oldestDiedAt: null, deliveredSince: 0 };
      expect(await scene.store.reads.previewReplay(otherTenantId, {})).toEqual(none);
    });

    it("another tenant's is not there", async () => {
      const { id } = await stories.create();
      expect(await scene.store.reads.getReplay(otherTenantId, id)).toBeNull();
      const key = { tenantId: otherTenantId, replayId: id };
      expect(await scene.store.replays.change(key, "cancel", scene.now(), act)).toBeNull();
      expect((await scene.store.reads.listReplays(otherTenantId, { after: null, limit: 9 })).items).toEqual(
        [],
      );
      const { items } = await scene.store.reads.listReplays(tenantId, { after: null, limit: 9 });
      expect(items).toEqual([await stories.get(id)]);
    });

    it.each([1, 2, 3])(
      "whoever is lost, and however it is paused and resumed, no item is made twice (seed %d)",
      async (seed) => {
        const unit = seeded(seed);
        const ids = await letters.dieOften(25);
        const { id } = await stories.create({ ratePerSecond: 20, order: unit() < 0.5 ? "oldest" : "newest" });
        for (let turn = 0; turn < 400 && (await stories.get(id)).status !== "completed"; turn += 1) {
          const holders = await stories.claim(`process ${turn}`, unit() < 0.3);
          for (const held of holders) {
            const steps = Array.from({ length: 1 + Math.floor(unit() * 3) }, () =>
              stories.step(held, 1 + Math.floor(unit() * 7)),
            );
            await Promise.all(steps);
          }
          if (unit() < 0.2) await stories.change(id, unit() < 0.5 ? "pause" : "resume");
          if (unit() < 0.1) await stories.change(id, "resume");
          scene.pass(Math.floor(unit() * 2_000));
          if (unit() < 0.2) scene.pass(leaseMs);
          const lanes = await scene.store.lanes.claim({ holder: "h", limit: 9, now: scene.now(), leaseMs });
          for (const lane of lanes) {
            for (const claimed of await scene.claimDeliveries(lane, 5)) {
              await scene.record(lane, claimed, unit() < 0.3 ? dead : {});
            }
          }
          await scene.store.lanes.release(lanes, scene.now());
          if ((await stories.get(id)).status === "paused") await stories.change(id, "resume");
        }
        const { status, counts } = await stories.get(id);
        expect(status).toBe("completed");
        expect(counts).toMatchObject({ total: 25, waiting: 0, underWay: 0, skipped: 0 });
        for (const one of ids) {
          const { attempts } = present(await scene.store.reads.getDelivery(tenantId, one));
          expect(attempts.map(({ trigger }) => trigger)).toEqual(["auto", "replay"]);
        }
      },
    );
  });
}
