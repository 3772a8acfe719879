// What dead letters promise: each is open until it has arrived or somebody has discarded it, and each is found by what it died of.
import { beforeEach, describe, expect, it } from "vitest";
import { isFilteredLetter, type Act, type Selection } from "@ringback/core";
import { dead, deadLetterStories, type DeadLetterStories } from "./dead-letter-stories.ts";
import { only, openScene, otherTenantId, present, tenantId, type OpenStore, type Scene } from "./scene.ts";

const act: Act = { by: { tenantId, keyId: "key_of_support" }, reason: "why" };

export function describeDeadLetters(openStore: OpenStore): void {
  describe("dead letters", () => {
    let scene: Scene;
    let stories: DeadLetterStories;
    beforeEach(async () => {
      scene = await openScene(openStore);
      stories = deadLetterStories(scene);
    });
    const audited = async () =>
      (await scene.store.tenants.listAudit(tenantId, {}, { after: null, limit: 9 })).items;

    it("one is resolved when its redelivery has arrived, and by nothing before that", async () => {
      const id = await stories.die();
      expect(await stories.letter(id)).toMatchObject({ state: "open", reason: "no_retry", httpStatus: 400 });
      await stories.redeliver(id);
      expect(await stories.letter(id)).toMatchObject({ state: "open", resolvedAt: null });
      expect(await stories.listed()).toEqual([id]);
      await stories.attemptAgain();
      expect(await stories.letter(id)).toMatchObject({ state: "resolved", resolvedAt: scene.now() });
      expect(await stories.listed()).toEqual([]);
      expect(await stories.listed({ state: "resolved" })).toEqual([id]);
    });

    it("one is discarded once, with a reason, and leaves the list of the open ones for that of the discarded", async () => {
      const [discarded, open] = [await stories.die(), await stories.die()];
      const key = { tenantId, deliveryId: discarded };
      expect(await scene.store.support.discard(key, "a duplicate", scene.now(), act)).toBe("discarded");
      const first = await stories.letter(discarded);
      expect(first).toMatchObject({ state: "discarded", discardReason: "a duplicate", resolvedAt: null });
      scene.pass(5);
      expect(await scene.store.support.discard(key, "another reason", scene.now(), act)).toBe("discarded");
      expect(await stories.letter(discarded)).toEqual(first);
      expect(await stories.listed()).toEqual([open]);
      expect(await stories.listed({ state: "discarded" })).toEqual([discarded]);
      expect(await audited()).toMatchObject([{ action: "dead_letter.discarded", subject: discarded }]);
    });

    it("what was discarded may still be redelivered; delivered it is resolved, and dead again it is open again", async () => {
      const [arriving, dying] = [await stories.die(), await stories.die()];
      for (const [id, ending] of [
        [arriving, {}],
        [dying, dead],
      ] as const) {
        await stories.discard(id);
        await stories.redeliver(id);
        expect((await stories.letter(id)).state).toBe("discarded");
        await stories.attemptAgain(ending);
      }
      expect(await stories.letter(arriving)).toMatchObject({
        state: "resolved",
        discardReason: "of no use any more",
      });
      expect(await stories.letter(dying)).toMatchObject({
        state: "open",
        discardReason: null,
        discardedAt: null,
      });
    });

    it("what has arrived is not discarded any more", async () => {
      const id = await stories.die();
      await stories.redeliver(id);
      await stories.attemptAgain();
      expect(await stories.discard(id)).toBe("resolved");
      expect((await stories.letter(id)).state).toBe("resolved");
      expect(await audited()).toEqual([]);
    });

    it("a note is written, changed and taken away, and stays when it dies again", async () => {
      const id = await stories.die();
      const key = { tenantId, deliveryId: id };
      expect(await scene.store.support.note(key, "asked them on Monday", scene.now(), act)).toBe(true);
      await stories.redeliver(id);
      await stories.attemptAgain(dead);
      expect((await stories.letter(id)).note).toBe("asked them on Monday");
      expect(await scene.store.support.note(key, null, scene.now(), act)).toBe(true);
      expect((await stories.letter(id)).note).toBeNull();
      const notes = (await audited()).map(({ action, details }) => [action, details["note"]]);
      expect(notes).toContainEqual(["dead_letter.noted", "asked them on Monday"]);
      expect(notes).toContainEqual(["dead_letter.noted", null]);
    });

    it("another tenant's is not there for any of this", async () => {
      const deliveryId = await stories.die();
      const key = { tenantId: otherTenantId, deliveryId };
      expect(await scene.store.support.discard(key, "no", scene.now(), act)).toBeNull();
      expect(await scene.store.support.note(key, "no", scene.now(), act)).toBe(false);
      expect((await stories.letter(deliveryId)).state).toBe("open");
      expect(await scene.store.reads.groupDeadLetters(otherTenantId, {}, 9)).toEqual([]);
    });

    it("they are grouped by host, code and status, with how many, since when and until when", async () => {
      const refused = { code: "connect_refused" } as const;
      await stories.die(dead, "a.example");
      scene.pass(1_000);
      const second = await stories.die(dead, "a.example");
      await stories.die({ ...refused, policy: [] }, "a.example");
      const alone = await stories.die(dead, "b.example");
      await stories.discard(await stories.die(dead, "c.example"));
      const groups = await scene.store.reads.groupDeadLetters(tenantId, {}, 9);
      const { diedAt } = await stories.letter(second);
      expect(groups).toHaveLength(3);
      const ofRefused = { host: "a.example", code: "no_retry", httpStatus: 400 };
      expect(groups).toContainEqual({
        ...ofRefused,
        count: 2,
        firstAt: diedAt - 1_000,
        lastAt: diedAt,
        sampleId: second,
      });
      expect(groups).toContainEqual(
        expect.objectContaining({ host: "a.example", code: "connect_refused", httpStatus: null, count: 1 }),
      );
      expect(groups).toContainEqual(expect.objectContaining({ host: "b.example", sampleId: alone }));
      const from = { from: diedAt - 500 };
      expect(
        only(await scene.store.reads.groupDeadLetters(tenantId, { ...from, ...ofRefusedFilter }, 9)).count,
      ).toBe(1);
      expect(await scene.store.reads.groupDeadLetters(tenantId, {}, 2)).toHaveLength(2);
    });

    it("every filter finds the same in the list, in the preview and by core's own judgement", async () => {
      const endpoint = await scene.createEndpoint({ events: ["job.failed"] });
      await stories.die(dead, "a.example");
      scene.pass(1_000);
      const id = await stories.die(dead, "b.example");
      await stories.die({ code: "gone", status: 410 }, "b.example");
      await scene.submit({ callback: { endpointId: endpoint.id, events: ["job.succeeded"] } });
      await scene.endRun(only(await scene.claimRuns()));
      await stories.attemptAgain(dead);
      const { items: all } = await scene.store.reads.listDeadLetters(tenantId, {}, { after: null, limit: 9 });
      expect(all).toHaveLength(4);
      const { delivery, diedAt } = await stories.letter(id);
      const jobId = present(delivery.jobId);
      const selections: readonly Selection[] = [
        {},
        { endpointId: endpoint.id },
        { jobId },
        { host: "b.example" },
        { code: "gone" },
        { httpStatus: 400 },
        { from: diedAt },
        { until: diedAt },
        { from: diedAt, until: diedAt },
        { host: "b.example", code: "no_retry", httpStatus: 400, from: diedAt },
        { text: "b.exam" },
        { text: "/done" },
        { text: "token" },
        { text: id },
        { text: id.slice(0, -1) },
        { text: jobId },
        { text: delivery.eventId },
        { text: endpoint.id },
        { text: endpoint.id, host: "b.example" },
        { text: "100%" },
        { text: "_" },
      ];
      const sizes = new Set<number>();
      for (const selection of selections) {
        const expected = all
          .filter((letter) => isFilteredLetter(selection, letter))
          .map((one) => one.delivery.id);
        expect(await stories.listed(selection), JSON.stringify(selection)).toEqual(expected);
        const preview = await scene.store.reads.previewReplay(tenantId, selection);
        expect(preview.count, JSON.stringify(selection)).toBe(expected.length);
        sizes.add(expected.length);
      }
      expect(sizes).toEqual(new Set([0, 1, 2, 3, 4]));
    });

    it("deliveries are found by a text in their ids or their URL, whatever became of them", async () => {
      const first = await stories.die({}, "a.example");
      scene.pass(1);
      const second = await stories.die(dead, "b.example");
      const found = async (text: string) =>
        (await scene.store.reads.listDeliveries(tenantId, { text }, { after: null, limit: 9 })).items.map(
          ({ id }) => id,
        );
      const { eventId } = await scene.getDelivery(first);
      expect(await found("example/done")).toEqual([second, first]);
      expect(await found("a.example")).toEqual([first]);
      expect(await found(second)).toEqual([second]);
      expect(await found(eventId)).toEqual([first]);
      expect(await found(eventId.slice(4))).toEqual([first]);
      expect(await found("nowhere")).toEqual([]);
    });
  });
}

const ofRefusedFilter = { host: "a.example", code: "no_retry", httpStatus: 400 } as const;
