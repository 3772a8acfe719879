// What admission promises: no tenant has more unfinished jobs than it may, nor all together, however many ask at once.
import { beforeEach, describe, expect, it } from "vitest";
import type { Acceptance, Accepted, Act } from "@ringback/core";
import { jobIn, only, openScene, otherTenantId, tenantId, type OpenStore, type Scene } from "./scene.ts";

const act: Act = { by: null, reason: null };

export function describeAdmission(openStore: OpenStore): void {
  describe("admission", () => {
    let scene: Scene;
    beforeEach(async () => {
      scene = await openScene(openStore);
    });
    const admission = { unfinishedMax: 10, backlogMax: 1_000 };
    const submit = async (
      rest: Partial<Omit<Acceptance, "job">> = {},
      whose = tenantId,
    ): Promise<Accepted> => {
      const item = scene.acceptance({ tenantId: whose, callback: null }, { admission, ...rest });
      return only(await scene.store.intake.acceptJobs([item], scene.now()));
    };
    const kindsOf = (answers: readonly Accepted[]): Readonly<Record<string, number>> => {
      const counts: Record<string, number> = {};
      for (const { kind } of answers) counts[kind] = (counts[kind] ?? 0) + 1;
      return counts;
    };
    const many = (count: number, whose = tenantId): Promise<Accepted[]> =>
      Promise.all(Array.from({ length: count }, () => submit({}, whose)));

    it("of one hundred callers at once exactly as many are accepted as the limit allows", async () => {
      expect(kindsOf(await many(100))).toEqual({ accepted: 10, over_quota: 90 });
      expect(await submit()).toEqual({ kind: "over_quota", unfinishedMax: 10 });
      const { items } = await scene.store.reads.listJobs(tenantId, {}, { after: null, limit: 99 });
      expect(items).toHaveLength(10);
    });

    it("one tenant's limit is not another's, and a list is accepted as far as the limit goes", async () => {
      await many(10);
      const items = Array.from({ length: 12 }, () =>
        scene.acceptance({ tenantId: otherTenantId, callback: null }, { admission }),
      );
      const answers = await scene.store.intake.acceptJobs(items, scene.now());
      expect(answers.map(({ kind }) => kind)).toEqual([
        ...Array.from({ length: 10 }, () => "accepted"),
        "over_quota",
        "over_quota",
      ]);
    });

    it("jobs that are accepted together are so only if there is room for all of them", async () => {
      const three = () =>
        Array.from({ length: 3 }, () => scene.acceptance({ callback: null }, { admission }));
      const together = async () =>
        (await scene.store.intake.acceptTogether(three(), scene.now())).map(({ kind }) => kind);
      await many(8);
      expect(await together()).toEqual(["withheld", "withheld", "over_quota"]);
      await scene.endRun(only(await scene.claimRuns(1)));
      expect(await together()).toEqual(["accepted", "accepted", "accepted"]);
      expect((await submit()).kind).toBe("over_quota");
    });

    it("queued and running jobs count, those that have ended, in whatever way, do not", async () => {
      const jobs = (await many(10)).map(jobIn);
      const runs = await scene.claimRuns(2);
      expect((await submit()).kind).toBe("over_quota");
      await scene.endRun(runs[0]!);
      expect((await submit()).kind).toBe("accepted");
      expect((await submit()).kind).toBe("over_quota");
      await scene.endRun(runs[1]!, {
        kind: "failed",
        code: "handler_error",
        message: "no",
        retryable: false,
      });
      const queued = jobs.find(({ id }) => runs.every(({ jobId }) => jobId !== id))!;
      await scene.store.intake.cancelJobs([{ tenantId, jobId: queued.id }], scene.now());
      expect(kindsOf(await many(5))).toEqual({ accepted: 2, over_quota: 3 });
    });

    it("a run that goes back to the queue still counts", async () => {
      await many(10);
      const [run] = await scene.claimRuns(1);
      await scene.endRun(run!, { kind: "released" });
      expect((await submit()).kind).toBe("over_quota");
    });

    it("F2 what was accepted once is answered again over the limit, and a reused key is told as such", async () => {
      const keyed = (requestHash: string) =>
        submit({ idempotency: { key: "k", requestHash, expiresAt: scene.now() + 1_000 } });
      const first = await keyed("h");
      await many(10);
      expect((await submit()).kind).toBe("over_quota");
      const again = await keyed("h");
      expect([again.kind, jobIn(again).id]).toEqual(["replayed", jobIn(first).id]);
      expect((await keyed("other")).kind).toBe("key_reused");
    });

    it("a tenant's own limit stands before the default, from the moment it is changed", async () => {
      const change = (unfinishedMax: number | null) =>
        scene.store.tenants.changeTenant(tenantId, { limits: { unfinishedMax } }, scene.now(), act);
      await change(2);
      expect(kindsOf(await many(5))).toEqual({ accepted: 2, over_quota: 3 });
      expect(await submit()).toEqual({ kind: "over_quota", unfinishedMax: 2 });
      await change(3);
      expect(kindsOf(await many(5))).toEqual({ accepted: 1, over_quota: 4 });
      await change(null);
      expect(kindsOf(await many(20))).toEqual({ accepted: 7, over_quota: 13 });
    });

    it("the whole installation takes on no more than its backlog, and goes on when it has become less", async () => {
      const limited = { admission: { unfinishedMax: 1_000, backlogMax: 8 } };
      const ask = (whose: string) => submit(limited, whose);
      const answers = await Promise.all(
        Array.from({ length: 40 }, (_, at) => ask(at % 2 === 0 ? tenantId : otherTenantId)),
      );
      expect(kindsOf(answers)).toEqual({ accepted: 8, overloaded: 32 });
      for (const run of await scene.claimRuns(3)) await scene.endRun(run);
      // What other processes do to the backlog is heard of within a second.
      scene.pass(1_000);
      const later = await Promise.all(Array.from({ length: 9 }, () => ask(tenantId)));
      expect(kindsOf(later)).toEqual({ accepted: 3, overloaded: 6 });
    });

    it("without limits given, everything is accepted", async () => {
      await many(12);
      expect((await submit({ admission: undefined } as object)).kind).toBe("accepted");
    });

    it("what was refused, and what failed half-way, leaves nothing behind that counts", async () => {
      const [first] = await many(9);
      const twice = [
        scene.acceptance({ callback: null }, { admission }),
        scene.acceptance(
          { callback: null, id: jobIn(first!).id },
          { admission: { ...admission, unfinishedMax: 99 } },
        ),
      ];
      await expect(scene.store.intake.acceptJobs(twice, scene.now())).rejects.toThrow(/constraint/i);
      expect(kindsOf(await many(3))).toEqual({ accepted: 1, over_quota: 2 });
    });
  });
}
